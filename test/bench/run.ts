// Measures: each row, round by round, the systems in turn, and tells what came of it, wins and losses alike.
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import { readOptions } from './options.ts';
import { Child } from './process.ts';
import type { Row } from './rows/row.ts';
import { rows } from './rows/index.ts';
import { type Database, type Server, SETTINGS, startServer } from './server.ts';
import { collect, type Result, type Sample } from './stats.ts';
import type { SystemName } from './systems/system.ts';
import { tables } from './systems/tables.ts';
import { table } from './table.ts';

const options = readOptions(process.argv.slice(2));
const chosen = rows.filter(({ name }) => options.rows.length === 0 || options.rows.some((word) => name.startsWith(word)));
if (chosen.length === 0) throw new Error(`No row begins so. There are: ${rows.map(({ name }) => name).join(', ')}.`);

const say = (line: string): void => void process.stdout.write(`${line}\n`);
await using server = await startServer();
say(
  `PostgreSQL ${server.version} (${Object.entries(SETTINGS)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')}), Node ${process.versions.node}, ${os.availableParallelism()} × ${os.cpus()[0]?.model ?? 'CPU'}, ` +
    `${options.rounds} ${options.rounds === 1 ? 'round' : 'rounds'}${options.quick ? ', quick: for a look only' : ''}`,
);

const results: Result[] = [];
for (const row of chosen) {
  say(`\n${row.name}: ${row.what}`);
  const measured = await measure(server, row);
  results.push(...measured);
  if (measured.length > 0) say(`\n${table(measured)}`);
}
if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results, undefined, 2)}\n`);

/** The systems in turn, each round beginning with another one, so that none profits from its place. */
async function measure(on: Server, row: Row): Promise<Result[]> {
  const systems = options.systems.filter((name) => row.systems?.includes(name) ?? true);
  const rounds = new Map<SystemName, Sample[][]>(systems.map((name) => [name, []]));
  for (let round = 0; round < (row.rounds ?? options.rounds); round += 1) {
    const first = round % Math.max(1, systems.length);
    for (const system of [...systems.slice(first), ...systems.slice(0, first)]) {
      try {
        rounds.get(system)!.push(await measureOnce(on, row, system));
      } catch (error) {
        say(`FAILED: ${row.name}, ${system}: ${error instanceof Error ? error.message : String(error)}`);
        process.exitCode = 1;
      }
    }
  }
  return systems.flatMap((name) => collect(name, rounds.get(name)!));
}

async function measureOnce(on: Server, row: Row, system: SystemName): Promise<Sample[]> {
  const children: Child[] = [];
  const databases: Database[] = [];
  const child = (): Child => {
    const made = new Child(system);
    children.push(made);
    return made;
  };
  const database = async (): Promise<Database> => {
    const opened = await on.open(system);
    databases.push(opened);
    return opened;
  };
  const scale = { quick: options.quick, growth: options.scale };
  try {
    return await row.run({ system, tables: tables[system], scale, child, database });
  } finally {
    await Promise.all(children.map((made) => made.kill()));
    for (const opened of databases) await opened[Symbol.asyncDispose]();
  }
}
