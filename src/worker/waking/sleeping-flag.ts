// The doorbell: who appends rings only if a worker sleeps. A NOTIFY in each transaction would take a lock of the whole
// database at its COMMIT, and cost a quarter to a half of the transactions (docs/design/doorbell.md).
//
// The race: an append looks for the bell before its COMMIT. A worker that hangs the bell out after that look, claims before
// that COMMIT and goes to sleep is never rung. So an append also holds a lock to the end of its transaction, and a worker
// that has hung the bell out asks whether anybody holds it. If nobody does, whatever was appended unrung is committed, and
// a last claim finds it. If somebody does, the worker naps and looks again.
import type { Run } from '../../drivers/driver.ts';
import type { BellState, WorkersStore } from '../../store/workers/workers.ts';

export class Doorbell {
  readonly #workers: WorkersStore;
  readonly #session: () => Run | undefined;
  #state: BellState = 'none';
  /** Counts the losses of the session, with which the bell is gone. */
  #losses = 0;
  /** The bell is being hung out. Whoever gave up waiting for that must not leave it hanging. */
  #hanging: Promise<void> = Promise.resolve();

  /** @param session the worker's own session; undefined while it has none that lasts */
  constructor(workers: WorkersStore, session: () => Run | undefined) {
    this.#workers = workers;
    this.#session = session;
  }

  get state(): BellState {
    return this.#state;
  }

  /** Whether there is a session to hang it on. */
  get isThere(): boolean {
    return this.#session() !== undefined;
  }

  /** Hangs the bell out, or asks again whether it is calm. A claim must follow before the worker sleeps. */
  async hang(): Promise<BellState> {
    const run = this.#session();
    if (!run) return 'none';
    const losses = this.#losses;
    this.#hanging = this.#hanging.then(() => this.#hang(run, losses));
    await this.#hanging;
    return this.#state;
  }

  /** The worker is busy, and looks by itself: nobody need ring. */
  async takeDown(): Promise<void> {
    await this.#hanging;
    const run = this.#session();
    if (this.#state === 'none' || !run) return;
    this.#state = 'none';
    await this.#workers.takeBellDown(run).catch(() => {});
  }

  /** The session is lost. */
  lost(): void {
    this.#losses++;
    this.#state = 'none';
    // It may never be answered, and hangs nowhere.
    this.#hanging = Promise.resolve();
  }

  async #hang(run: Run, losses: number): Promise<void> {
    if (losses !== this.#losses) return;
    try {
      const state = this.#state === 'none' ? await this.#workers.hangBell(run) : await this.#workers.listenAtDoor(run);
      if (losses === this.#losses) this.#state = state;
    } catch {
      // The session tells of its end, and the poll finds what is not rung for.
    }
  }
}
