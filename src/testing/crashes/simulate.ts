// simulateCrashes: runs a workflow and its receivers once, and then once for each statement that they sent, with a crash at that statement; a new box heals, and an
// invariant of the application is asked.
import { AssertionError } from 'node:assert';
import type { Signalbox } from '../../box/box.ts';
import { partsOf } from '../../box/parts.ts';
import { checkOptions, type OptionTable } from '../../core/options.ts';
import { callable, flag, text } from '../../core/rules.ts';
import { SignalboxError } from '../../errors.ts';
import { endSessions } from '../../store/testing/leaks.sql.ts';
import type { Owned } from '../database/clients.ts';
import { withConnection } from '../database/connection.ts';
import type { TestDatabase } from '../database/open-database.ts';
import { errorReport } from '../../core/error-report.ts';
import { type CrashKind, type CrashPlan, isCommit, Life, type LifeStatement } from './life.ts';
import { type CrashPoint, type CrashReport, pointOf, replayOf, reportOf } from './report.ts';
import { trackedClient } from './tracked-client.ts';

/** What the box of a life is made of. */
export interface LifeOpening {
  /** Of the database of this life. */
  readonly url: string;
  /** Has a client belong to the life: only statements of such clients are seen. Returns what is to be used in its place. */
  own<T extends Owned & object>(client: T): T;
}

/** Options of {@link simulateCrashes}. */
export interface SimulateCrashesOptions<B extends Signalbox, Arranged> {
  /** Makes a database for each run: `() => createTestDatabase({ migrations })`. */
  database: () => Promise<TestDatabase>;
  /** Makes the box of a life, and of the one that heals, with a client that it gives to `own`. Without `testing`. */
  box: (life: LifeOpening) => B;
  /** Prepares rows, without crashes. The others get what it returns. */
  arrange?: (box: B) => Arranged | Promise<Arranged>;
  /** What a process does until it dies. Its receivers run after it, one by one. */
  workflow: (box: B, arranged: Arranged) => unknown;
  /** What must hold when all is healed and nothing is left to run, wherever the process died: throws, or returns false, if it does not. */
  invariant: (box: B, arranged: Arranged) => unknown;
  /** Whether the caller of the workflow calls it again if the process died in it, as those of webhooks do. Default false. */
  repeats?: boolean;
  /** Replays one point, as a report names it: `'4 before'`. */
  only?: string;
  /** Tries no further points once one is broken: for code that is known to be wrong, and to save time. Default false. */
  stopAtFirst?: boolean;
}

const OPTIONS: OptionTable<SimulateCrashesOptions<Signalbox, unknown>> = {
  database: callable,
  box: callable,
  arrange: callable,
  workflow: callable,
  invariant: callable,
  repeats: flag,
  only: text,
  stopAtFirst: flag,
};

/** Runs at once. */
const AT_ONCE = 4;
/** Drains of one delivery each, and rounds of healing: more than any workflow that ends. */
const MOST_STEPS = 500;

/**
 * Ends the process, as far as its database goes, at each statement that the workflow and its receivers send: before it, after it, and with the
 * answer to a COMMIT lost. Each time a new box takes over what the dead one held, runs what is left, and the invariant is asked.
 * @throws AssertionError with the table of points, if the invariant does not hold after one; SignalboxError `InvalidOption`; what the
 *   workflow throws without a crash
 * @example
 * await simulateCrashes({
 *   database: () => createTestDatabase({ migrations: './migrations' }),
 *   box: ({ url, own }) => createSignalbox({ db: drizzle({ client: own(postgres(url)) }), services: [Payments, Orders], log: false }),
 *   workflow: (box) => box.get(Payments).complete(1),
 *   invariant: async (box) => (await paidOrders(box.db)) === (await completedPayments(box.db)),
 * });
 */
export async function simulateCrashes<B extends Signalbox, Arranged = undefined>(
  options: SimulateCrashesOptions<B, Arranged>,
): Promise<CrashReport> {
  checkOptions(options, OPTIONS, 'simulateCrashes', { required: ['database', 'box', 'workflow', 'invariant'] });
  const clean = await run(options, undefined);
  if (clean.broken !== undefined)
    throw new AssertionError({ message: `The invariant does not hold without a crash: ${clean.broken}`, stackStartFn: simulateCrashes });
  if (clean.statements.length === 0)
    throw new SignalboxError(
      'InvalidOption',
      'simulateCrashes: the workflow sent no statement through a client that was given to own. Give it each client of the box.',
    );
  const all = plansFor(clean.statements);
  const plans = options.only === undefined ? all : all.filter((plan) => replayOf(plan as CrashPoint) === options.only);
  if (plans.length === 0)
    throw new SignalboxError(
      'InvalidOption',
      `simulateCrashes: only is ${options.only}, and there is no such point. There are ${all.map((plan) => replayOf(plan as CrashPoint)).join(', ')}.`,
    );
  const points: CrashPoint[] = [];
  const next = plans.entries();
  let stops = false;
  const work = async (): Promise<void> => {
    while (!stops) {
      const { value, done } = next.next();
      if (done) return;
      const [index, plan] = value;
      const { broken } = await run(options, plan, clean.dead);
      points[index] = pointOf(clean.statements[plan.number - 1]!, plan.kind, broken);
      stops ||= options.stopAtFirst === true && broken !== undefined;
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, plans.length) }, work));
  const report = reportOf(Object.values(points), plans.length);
  if (report.broken.length > 0)
    throw new AssertionError({
      message: report.toString(),
      actual: report.broken,
      expected: [],
      operator: 'simulateCrashes',
      stackStartFn: simulateCrashes,
    });
  return report;
}

/** Before each statement, but for what Signalbox only reads, before which nothing is other than before the next one; after those of the application and each COMMIT, for code may follow that is no statement; and lost answers. */
function plansFor(statements: readonly LifeStatement[]): CrashPlan[] {
  return statements.flatMap(({ number, text, place }): CrashPlan[] => {
    const kinds: CrashKind[] = place === undefined && /^\s*select\b/i.test(text) ? [] : ['before'];
    if (place !== undefined || isCommit(text) || number === statements.length) kinds.push('after');
    if (isCommit(text)) kinds.push('lost');
    return kinds.map((kind) => ({ number, kind }));
  });
}

interface RunOutcome {
  readonly statements: readonly LifeStatement[];
  readonly broken: string | undefined;
  /** How many deliveries ended dead. */
  readonly dead: number;
}

async function run<B extends Signalbox, Arranged>(
  { database: makeDatabase, box: makeBox, arrange, workflow, invariant, repeats }: SimulateCrashesOptions<B, Arranged>,
  plan: CrashPlan | undefined,
  deadWithout = Infinity,
): Promise<RunOutcome> {
  const database = await makeDatabase();
  for (const leak of ['workers', 'deliveries', 'transactions', 'locks', 'listeners', 'slots', 'sessions', 'handles'] as const)
    database.leaves(leak, 'a process died in it');
  const life = new Life(plan);
  const clients: Owned[] = [];
  const doomed = makeBox(openingOf(database, life, (client) => clients.push(client)));
  const ending = new AbortController();
  try {
    const arranged = (await arrange?.(doomed)) as Arranged;
    life.begin();
    let hasReturned = false;
    const living = (async () => {
      try {
        await workflow(doomed, arranged);
        hasReturned = true;
      } catch (error) {
        if (!plan) throw error;
      }
      await drainOneByOne(doomed, ending.signal);
    })();
    living.catch(() => {});
    await Promise.race([living, life.whenEnded]);
    life.end();
    await life.quiet();
    await withConnection(database.url, (send) => send(endSessions, []));
    const healing = makeBox(openingOf(database, new Life(), (client) => database.own(client)));
    database.own(healing);
    await heal(healing);
    if (repeats && !hasReturned) {
      await Promise.resolve(workflow(healing, arranged)).catch(() => {});
      await heal(healing);
    }
    const dead = (await partsOf(healing).store.testing.deliveries()).filter(({ state }) => state === 'dead').length;
    const broken =
      (await judged(invariant, healing, arranged)) ??
      (dead > deadWithout ? `${dead - deadWithout} more deliveries are dead than without a crash.` : undefined);
    return { statements: life.statements, broken, dead };
  } finally {
    // What the dead life still waits for does not come; its timers end here.
    ending.abort();
    await doomed.close();
    for (const client of clients) endAtOnce(client);
    await database.close();
  }
}

function openingOf(database: TestDatabase, life: Life, keep: (client: Owned) => unknown): LifeOpening {
  return {
    url: database.url,
    own: <T extends Owned & object>(client: T): T => {
      keep(client);
      const tracked = trackedClient(client, life);
      if (!tracked)
        throw new SignalboxError(
          'InvalidOption',
          'simulateCrashes: own was given what is neither a client of postgres.js nor a pool of node-postgres.',
        );
      return tracked;
    },
  };
}

/** One by one, so that each run has the same statements in the same order. */
async function drainOneByOne(box: Signalbox, abortSignal: AbortSignal): Promise<void> {
  for (let step = 0; step < MOST_STEPS; step++) {
    const { completed, retrying, dead, cancelled, released } = await box.drain({ limit: 1, ahead: '1d', abortSignal });
    if (completed + retrying + dead + cancelled + released === 0) return;
  }
}

/** Takes over what the dead life held, and runs what is left. */
async function heal(box: Signalbox): Promise<void> {
  const { store } = partsOf(box);
  if ((await store.testing.expireLeases()) > 0) await box.worker({ concurrency: 1 }).tick();
  for (let round = 0; round < MOST_STEPS; round++) {
    const { completed, retrying, dead, cancelled } = await box.drain({ ahead: '1d' });
    if (completed + retrying + dead + cancelled === 0) return;
  }
}

async function judged<B, Arranged>(
  invariant: (box: B, arranged: Arranged) => unknown,
  box: B,
  arranged: Arranged,
): Promise<string | undefined> {
  try {
    return (await invariant(box, arranged)) === false ? 'invariant returned false.' : undefined;
  } catch (error) {
    return errorReport(error).message;
  }
}

/** Its sessions are gone, and postgres.js has nothing else to end. A pool of node-postgres waits for its clients for ever. */
function endAtOnce(client: Owned): void {
  const end = client.end as () => Promise<unknown>;
  if (typeof client !== 'function') Promise.resolve(end.call(client)).catch(() => {});
}
