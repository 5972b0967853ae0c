// The harness of one case of the matrix: a box whose statements meet a fault, a peer on the same database that meets none, and
// the checks of the rows that are left when both are done.
import { drizzle } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import { createSignalbox, isSignalboxError, type Signalbox, type SignalboxOptions } from '../../src/index.ts';
import { check, type Violation } from '../evidence/checker.ts';
import type { Script, Sent } from '../evidence/evidence.ts';
import { readTables } from '../evidence/tables.ts';
import type { Database } from '../support/harness.ts';
import type { Proxy } from '../processes/proxy.ts';
import { Injector, type PlannedFault } from './faulty-driver.ts';
import type { RoleKind } from '../../src/store/schema/grants.ts';
import { returnDatabase, takeDatabase } from './pooled-database.ts';
import { type Login, restrict } from './restricted.ts';
import { type ReceiverControls, effectsOf, batched, happened, RECEIVERS, shared, tellClaims } from './receivers.ts';
import { until } from './until.ts';

export interface FaultHarness {
  readonly sql: postgres.Sql;
  /** The URL of the database, without the proxy. */
  readonly url: string;
  /** The database role of the box under fault, for other connections of it. */
  readonly login: Login;
  readonly proxy: Proxy;
  readonly controls: ReceiverControls;
  readonly injector: Injector;
  /** The box whose statements meet the faults. */
  readonly box: Signalbox<Database>;
  readonly db: Database;
  /** Another box on the same database, which meets no faults. */
  readonly peer: Signalbox<Database>;
  /** Emits in a transaction of `db`, and records its outcome. `fails`: the callback throws after the emits. */
  send(key: string, scripts: readonly Script[], how?: { fails?: boolean; before?: () => void }): Promise<string[]>;
  /** The same through the box that meets no faults. Returns the ids of the emissions. */
  emit(key: string, ...scripts: Script[]): Promise<string[]>;
  /** The same for the receiver of batches. */
  emitBatch(key: string, ...scripts: Script[]): Promise<string[]>;
  /** The same for the receiver whose deliveries share transactions. */
  emitShared(key: string, ...scripts: Script[]): Promise<string[]>;
  /** Records the outcome of a transaction. */
  note(sent: Sent): void;
  /** Resolves when `condition` holds and the awaited fault has been met. */
  until(what: string, condition: () => Promise<boolean>): Promise<void>;
  /** Counts the unsettled deliveries, except for those of this script. */
  live(but?: Script): Promise<number>;
  /** Closes the box under fault, has the peer finish all deliveries, and returns the violations. */
  judge(): Promise<Violation[]>;
}

export interface FaultHarnessOptions extends Partial<SignalboxOptions<Database>> {
  readonly plannedFaults?: readonly PlannedFault[];
  /** The kinds of role that the box's own database role is, with their rights and no others; else the owner's. */
  readonly as?: readonly RoleKind[] | undefined;
  /** Faults that must be met while the scenario runs; others are met when it ends. */
  readonly awaited?: readonly PlannedFault[];
}

const ROUNDS = 30;
const LOSES_SESSION = /session|connection/;

/** Runs a scenario on a harness of its own. */
export async function withFaultHarness<T>(options: FaultHarnessOptions, run: (h: FaultHarness) => Promise<T>): Promise<T> {
  const pooled = await takeDatabase();
  const { sql, proxy } = pooled;
  const { plannedFaults = [], awaited = [], as, ...boxOptions } = options;
  const restricted = as && (await restrict(pooled, as));
  const client = restricted?.client ?? pooled.client;
  const injector = new Injector(client, proxy, plannedFaults);
  const controls: ReceiverControls = { sql, isEnding: false, onRun: () => {}, claims: new Map() };
  const services = [effectsOf(controls) as never];
  const open = (db: Database, more: object = {}): Signalbox<Database> => {
    const box = createSignalbox({ log: false, services, ...more, db });
    tellClaims(box, controls);
    return box;
  };
  const db = drizzle({ client }) as Database;
  const box = open(db, boxOptions);
  const peerDb = drizzle({ client: sql }) as Database;
  const peer = open(peerDb);
  const sent: Sent[] = [];
  const live: FaultHarness['live'] = async (but) => {
    const [row] = await sql<{ live: number }[]>`
      select count(*)::int as live from signalbox.delivery d join signalbox.emission e on e.id = d.emission_id
      where e.payload ->> 'script' is distinct from ${but ?? null}::text`;
    return row!.live;
  };
  const h: FaultHarness = {
    sql,
    url: pooled.database.url,
    login: restricted?.login ?? {},
    proxy,
    controls,
    injector,
    box,
    db,
    peer,
    note: (one) => void sent.push(one),
    send: (key, scripts, how) => sendOn(db, sent, key, scripts, how),
    emit: (key, ...scripts) => sendOn(peerDb, sent, key, scripts),
    emitBatch: (key, ...scripts) => sendOn(peerDb, sent, key, scripts, { signal: batched }),
    emitShared: (key, ...scripts) => sendOn(peerDb, sent, key, scripts, { signal: shared }),
    live,
    until: async (what, condition) => {
      await until(what, condition);
      if (awaited.length > 0) await until('the faults are met', () => awaited.every((one) => injector.hasMet(one)));
      await until(what, condition);
    },
    judge: async () => {
      injector.phase = 'ending';
      controls.isEnding = true;
      await box.close();
      for (let round = 1; (await live()) > 0 && round <= ROUNDS; round++) {
        // Expires every lease, so that the deliveries of dead workers are free at once.
        const held = await sql`update signalbox.worker set lease_until = now() - interval '1 second'`;
        if (held.count > 0) await peer.worker({ concurrency: 1 }).tick();
        await peer.drain({ ahead: '2h' });
      }
      return check({ ...(await readTables(sql)), sent, receivers: RECEIVERS, runs: new Map(), misbehaviours: [] });
    },
  };
  try {
    return await run(h);
  } finally {
    controls.isEnding = true;
    await box.close();
    await peer.close();
    await restricted?.[Symbol.asyncDispose]();
    const isWorn = plannedFaults.some(({ fault }) => LOSES_SESSION.test(fault));
    await returnDatabase(pooled, isWorn);
  }
}

async function sendOn(
  db: Database,
  sent: Sent[],
  key: string,
  scripts: readonly Script[],
  {
    fails = false,
    before = () => {},
    signal = happened,
  }: { fails?: boolean; before?: () => void; signal?: typeof happened | typeof batched | typeof shared } = {},
): Promise<string[]> {
  const ids: string[] = [];
  const note = (outcome: Sent['outcome']): void => void sent.push({ key, emissions: scripts.length, outcome });
  try {
    await db.transaction(async (tx) => {
      const payloads = scripts.map((script) => ({ key, script }));
      const first = payloads.shift()!;
      ids.push((await signal.emitReliable(tx, first)).emissionId);
      if (payloads.length > 0) ids.push(...(await signal.emitMany(tx, payloads)).map(({ emissionId: id }) => id));
      if (fails) throw new Error('on purpose');
      before();
    });
    note('committed');
  } catch (error) {
    if (isSignalboxError(error, 'ReceiverFailed')) note('committed');
    else note(isSignalboxError(error, 'CommitUnknown') ? 'unknown' : 'rolled back');
  }
  return ids;
}
