// Finds resources that a test must not leave behind: in its database before that is dropped, and in this process
// afterwards. Resources that are ending get time; any that are left then fail the test. A test that leaves something on
// purpose declares that, with the reason, by `leaves` of its database.
import { AssertionError } from 'node:assert';
import { sqlState } from '../../drivers/error-kind.ts';
import type { Run } from '../../drivers/driver.ts';
import { leftRows, leftSessions, leftSessionWork } from '../../store/testing/leaks.sql.ts';
import { SignalboxError } from '../../errors.ts';

/** The kinds of leaks, as a failure names them. */
const HINTS = {
  workers: 'a worker that has not stopped, or a lease that goes on',
  deliveries: 'a delivery that is still running, although no worker is left',
  transactions: 'a session in a transaction or a statement: something was not awaited, or not ended',
  locks: 'an advisory lock',
  listeners: 'a session that still listens',
  slots: 'a connection of a pool that was not released',
  sessions: 'a session that outlives the pools of the test',
  handles: 'a timer or a socket that keeps the process alive',
} as const;

/** A kind of resource that a test can leave behind. */
export type Leak = keyof typeof HINTS;
export type Leaks = readonly (readonly [leak: Leak, what: string])[];

/** The end of a session may take this long on a busy machine; only a leak waits for all of it. */
const PATIENCE_MS = 5_000;
const PAUSE_MS = 20;
const KEEPING = new Set(['Timeout', 'Immediate', 'TCPSocketWrap', 'TCPServerWrap', 'PipeConnectWrap', 'MessagePort', 'ProcessWrap']);

export class LeakCheck {
  readonly #allowed = new Set<Leak>();
  readonly #patienceMs: number;

  constructor(patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs;
  }

  /** @param reason why the test must leave it */
  leaves(leak: Leak, reason: string): void {
    if (reason.length < 10)
      throw new SignalboxError('InvalidOption', `leaves: what a test leaves needs a reason, of 10 characters or more: ${leak}.`);
    this.#allowed.add(leak);
  }

  allows(leak: Leak): boolean {
    return this.#allowed.has(leak);
  }

  /** Polls until no forbidden resource is left; returns the remaining ones in the end. */
  async find(look: () => Promise<Leaks>): Promise<Leaks> {
    for (const deadline = performance.now() + this.#patienceMs; ;) {
      const left = (await look()).filter(([leak]) => !this.#allowed.has(leak));
      if (left.length === 0 || performance.now() > deadline) return left;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** The handles that keep this process alive now. */
export function handles(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) if (KEEPING.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** For each kind, the number that existed at both times. */
export function fewest(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map(Array.from(one, ([kind, count]) => [kind, Math.min(count, other.get(kind) ?? 0)]));
}

/** The handles that were added since. */
export function newHandles(before: ReadonlyMap<string, number>): Leaks {
  return [...handles()].flatMap(([kind, count]) => {
    const more = count - (before.get(kind) ?? 0);
    return more > 0 ? [['handles', `${more} ${kind}`] as const] : [];
  });
}

/** @throws when anything is left */
export function refuseLeaks(left: Leaks): void {
  if (left.length === 0) return;
  const lines = left.map(([leak, what]) => `  ${leak}: ${what} (${HINTS[leak]})`);
  throw new AssertionError({
    message: `The test has left something behind:\n${lines.join('\n')}\nEnd it in the test; if the test is about it, declare it by leaves(kind, reason).`,
    stackStartFn: refuseLeaks,
  });
}

async function ask(run: Run, statement: typeof leftRows): Promise<Leaks> {
  return (await run(statement, [])).map(({ leak, what }) => [leak as Leak, what]);
}

/** Transactions and locks that are open before the pools of the test end. */
export const openWork = (run: Run): Promise<Leaks> => ask(run, leftSessionWork);

const NO_TABLE_OR_COLUMN = /^42(P01|703)$/;

/** The rows of workers and their deliveries; none without the complete tables of Signalbox. */
export async function liveRows(run: Run): Promise<Leaks> {
  try {
    return await ask(run, leftRows);
  } catch (error) {
    if (NO_TABLE_OR_COLUMN.test(sqlState(error) ?? '')) return [];
    throw error;
  }
}

/** Every session except the checking one, after all pools have ended. */
export const openSessions = (run: Run): Promise<Leaks> => ask(run, leftSessions);
