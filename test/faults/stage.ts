// The stage of one cell: a box whose statements meet a fault, another one on the same database that meets none, and the
// judgement of what is left when both are done.
import { drizzle } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import { createSignalbox, isSignalboxError, type Signalbox, type SignalboxOptions } from '../../src/index.ts';
import { check, type Violation } from '../chaos/checker.ts';
import type { Fate, Sent } from '../chaos/evidence.ts';
import { readTables } from '../chaos/tables.ts';
import type { Database } from '../support/harness.ts';
import type { Proxy } from '../support/proxy.ts';
import { Injector, type Plan } from './faulty-driver.ts';
import { giveBack, takeLane } from './lane.ts';
import { type Course, effectsOf, gathered, happened, RECEIVERS, tellClaims } from './receivers.ts';
import { until } from './until.ts';

export interface Stage {
  readonly sql: postgres.Sql;
  /** Of the database, past the proxy. */
  readonly url: string;
  readonly proxy: Proxy;
  readonly course: Course;
  readonly injector: Injector;
  /** The box whose statements meet the faults. */
  readonly box: Signalbox<Database>;
  readonly db: Database;
  /** The box that meets none. */
  readonly calm: Signalbox<Database>;
  /** Emits in a transaction of `db`, and notes what became of it. `fails`: its callback throws after the emits. */
  send(key: string, fates: readonly Fate[], how?: { fails?: boolean; before?: () => void }): Promise<string[]>;
  /** The same through the box that meets no faults. Returns the ids of the emissions. */
  emit(key: string, ...fates: Fate[]): Promise<string[]>;
  /** The same for the receiver of batches. */
  gather(key: string, ...fates: Fate[]): Promise<string[]>;
  /** Notes what became of a transaction. */
  note(sent: Sent): void;
  /** Resolves when `condition` holds and the awaited fault has been met. */
  until(what: string, condition: () => Promise<boolean>): Promise<void>;
  /** How many deliveries are not settled, but for those of this fate. */
  live(but?: Fate): Promise<number>;
  /** Closes the box under fault, lets everything be done, and judges. */
  judge(): Promise<Violation[]>;
}

export interface StageOptions extends Partial<SignalboxOptions<Database>> {
  readonly plans?: readonly Plan[];
  /** One of them, if it is to be met while the story lives; others are met when it ends. */
  readonly awaited?: Plan | undefined;
}

const ROUNDS = 30;
const LOSES_SESSION = /session|connection/;

/** Plays a story on a stage of its own. */
export async function onStage<T>(options: StageOptions, play: (stage: Stage) => Promise<T>): Promise<T> {
  const lane = await takeLane();
  const { sql, proxy, client } = lane;
  const { plans = [], awaited, ...boxOptions } = options;
  const injector = new Injector(client, proxy, plans);
  const course: Course = { sql, calm: false, onRun: () => {}, claims: new Map() };
  const services = [effectsOf(course) as never];
  const open = (db: Database, more: object = {}): Signalbox<Database> => {
    const box = createSignalbox({ log: false, services, ...more, db });
    tellClaims(box, course);
    return box;
  };
  const db = drizzle({ client }) as Database;
  const box = open(db, boxOptions);
  const calmDb = drizzle({ client: sql }) as Database;
  const calm = open(calmDb);
  const sent: Sent[] = [];
  const live: Stage['live'] = async (but) => {
    const [row] = await sql<{ live: number }[]>`
      select count(*)::int as live from signalbox.delivery d join signalbox.emission e on e.id = d.emission_id
      where e.payload ->> 'fate' is distinct from ${but ?? null}::text`;
    return row!.live;
  };
  const stage: Stage = {
    sql,
    url: lane.database.url,
    proxy,
    course,
    injector,
    box,
    db,
    calm,
    note: (one) => void sent.push(one),
    send: (key, fates, how) => sendOn(db, sent, key, fates, how),
    emit: (key, ...fates) => sendOn(calmDb, sent, key, fates),
    gather: (key, ...fates) => sendOn(calmDb, sent, key, fates, { signal: gathered }),
    live,
    until: async (what, condition) => {
      await until(what, condition);
      if (awaited) await until('the fault is met', () => injector.has(awaited));
      await until(what, condition);
    },
    judge: async () => {
      injector.phase = 'ending';
      course.calm = true;
      await box.close();
      for (let round = 1; (await live()) > 0 && round <= ROUNDS; round++) {
        // What dead workers hold is free at once.
        const held = await sql`update signalbox.worker set lease_until = now() - interval '1 second'`;
        if (held.count > 0) await calm.worker({ concurrency: 1 }).tick();
        await calm.drain({ ahead: '2h' });
      }
      return check({ ...(await readTables(sql)), sent, receivers: RECEIVERS, runs: new Map(), misbehaviours: [] });
    },
  };
  try {
    return await play(stage);
  } finally {
    course.calm = true;
    await box.close();
    await calm.close();
    const isWorn = plans.some(({ fault }) => LOSES_SESSION.test(fault));
    await giveBack(lane, isWorn);
  }
}

async function sendOn(
  db: Database,
  sent: Sent[],
  key: string,
  fates: readonly Fate[],
  {
    fails = false,
    before = () => {},
    signal = happened,
  }: { fails?: boolean; before?: () => void; signal?: typeof happened | typeof gathered } = {},
): Promise<string[]> {
  const ids: string[] = [];
  const note = (outcome: Sent['outcome']): void => void sent.push({ key, emissions: fates.length, outcome });
  try {
    await db.transaction(async (tx) => {
      const payloads = fates.map((fate) => ({ key, fate }));
      const first = payloads.shift()!;
      ids.push((await signal.emitReliable(tx, first)).id);
      if (payloads.length > 0) ids.push(...(await signal.emitMany(tx, payloads)).map(({ id }) => id));
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
