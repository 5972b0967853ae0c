// The sleeping flag of a worker: appends notify only while some worker sleeps. A NOTIFY in each transaction would take a lock of the
// whole database at its COMMIT, and cost a quarter to a half of the transactions (docs/design/doorbell.md).
//
// The race: an append checks the flag before its COMMIT. A worker that sets its flag after that check, claims before that COMMIT and
// goes to sleep would never be notified. So an append also holds a lock until its transaction ends: until then it is pending. A
// worker that has set its flag asks whether any append is pending. If none is, all that was appended without a notification is
// committed, and one more claim finds it. If one is, the worker naps and asks again.
import type { Run } from '../../drivers/driver.ts';
import type { SleepingState, WorkersStore } from '../../store/workers/workers.ts';

export class SleepingFlag {
  readonly #workers: Pick<WorkersStore, 'markSleeping' | 'hasPendingAppends' | 'clearSleeping'>;
  readonly #session: () => Run | undefined;
  #state: SleepingState = 'unset';
  /** Counts the losses of the session, each of which takes the flag with it. */
  #losses = 0;
  /** Settles when no mark is under way. A caller that gave up waiting for a mark must not leave the flag set. */
  #marking: Promise<void> = Promise.resolve();

  /** @param session the worker's own session; undefined while it has none that lasts */
  constructor(workers: Pick<WorkersStore, 'markSleeping' | 'hasPendingAppends' | 'clearSleeping'>, session: () => Run | undefined) {
    this.#workers = workers;
    this.#session = session;
  }

  get state(): SleepingState {
    return this.#state;
  }

  /** Whether there is a session that can hold the flag. */
  get isAvailable(): boolean {
    return this.#session() !== undefined;
  }

  /** Sets the flag, or if it is set asks again whether an append is pending. The worker must claim once more before it sleeps. */
  async mark(): Promise<SleepingState> {
    const run = this.#session();
    if (!run) return 'unset';
    const losses = this.#losses;
    this.#marking = this.#marking.then(() => this.#mark(run, losses));
    await this.#marking;
    return this.#state;
  }

  /** Clears the flag: the worker is busy and polls by itself, so appends need not notify. */
  async clear(): Promise<void> {
    await this.#marking;
    const run = this.#session();
    if (this.#state === 'unset' || !run) return;
    this.#state = 'unset';
    await this.#workers.clearSleeping(run).catch(() => {});
  }

  /** The session is lost, and the flag with it. */
  lost(): void {
    this.#losses++;
    this.#state = 'unset';
    // A mark that is under way may never be answered, and sets nothing.
    this.#marking = Promise.resolve();
  }

  async #mark(run: Run, losses: number): Promise<void> {
    if (losses !== this.#losses) return;
    try {
      const state = await this.#ask(run);
      if (losses === this.#losses) this.#state = state;
    } catch {
      // The driver reports the end of the session, and polling finds what is appended without a notification.
    }
  }

  async #ask(run: Run): Promise<SleepingState> {
    if (this.#state === 'unset') return this.#workers.markSleeping(run);
    return (await this.#workers.hasPendingAppends(run)) ? 'pending' : 'safe';
  }
}
