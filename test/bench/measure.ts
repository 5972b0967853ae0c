// Runs the rows: round by round, the systems in turn, each round in databases and processes of its own.
import { Child } from './process.ts';
import { meterOf } from './meter.ts';
import type { Round, Row } from './rows/row.ts';
import type { Database, Server } from './server.ts';
import { collect, type Result, type Sample } from './stats.ts';
import type { SystemName } from './systems/system.ts';
import { tables } from './systems/tables.ts';

export interface Measuring {
  readonly server: Server;
  readonly systems: readonly SystemName[];
  readonly rounds: number;
  readonly scale: Round['scale'];
  /** A failed row of one system does not keep the others from being measured. */
  onFailure(system: SystemName, error: unknown): void;
}

export async function measure(row: Row, measuring: Measuring): Promise<Result[]> {
  const systems = measuring.systems.filter((name) => row.systems?.includes(name) ?? true);
  const rounds = new Map<SystemName, Sample[][]>(systems.map((name) => [name, []]));
  const once = async (system: SystemName): Promise<void> => {
    try {
      rounds.get(system)!.push(await measureOnce(row, system, measuring));
    } catch (error) {
      measuring.onFailure(system, error);
    }
  };
  for (let round = 0; round < (row.rounds ?? measuring.rounds); round += 1) {
    // Each round begins with another system, so that none profits from its place.
    const first = round % Math.max(1, systems.length);
    const order = [...systems.slice(first), ...systems.slice(0, first)];
    if (row.together) await Promise.all(order.map(once));
    else for (const system of order) await once(system);
  }
  // A quick run ends before its databases get in the way.
  if (!measuring.scale.quick) await measuring.server.clear();
  return systems.flatMap((name) => collect(name, rounds.get(name)!));
}

async function measureOnce(row: Row, system: SystemName, { server, scale }: Measuring): Promise<Sample[]> {
  const children: Child[] = [];
  const databases: Database[] = [];
  const child = (): Child => {
    const made = new Child(system);
    children.push(made);
    return made;
  };
  const database: Round['database'] = async (settings) => {
    const opened = await server.open(system, settings);
    databases.push(opened);
    return opened;
  };
  try {
    const meter: Round['meter'] = (measured) => meterOf(server, measured);
    return await row.run({ system, tables: tables[system], scale, child, database, meter });
  } finally {
    await Promise.all(children.map((made) => made.kill()));
    for (const opened of databases) await opened[Symbol.asyncDispose]();
  }
}
