// The runners of one worker: one for its slots, or one for each of its ticks. They are interrupted together when the worker can wait no
// longer, and interrupted receivers are then waited for a while. A query that does not end keeps its transaction, and so its delivery,
// even longer; it does not keep the worker.
import { INTERRUPTION_MS } from './options.ts';
import type { Runner } from './running/runner.ts';

type Interruptible = Pick<Runner, 'abort' | 'giveUp'>;

export class Runners {
  readonly #runners = new Set<Interruptible>();
  #isInterrupted = false;
  #patience: NodeJS.Timeout | undefined;
  #giveUp: () => void = () => {};
  /** Resolves when interrupted receivers are waited for no longer. */
  readonly gaveUp = new Promise<void>((resolve) => (this.#giveUp = resolve));

  add(runner: Interruptible): void {
    this.#runners.add(runner);
    if (this.#isInterrupted) interrupt(runner);
  }

  delete(runner: Interruptible): void {
    this.#runners.delete(runner);
  }

  has(runner: object): boolean {
    return (this.#runners as ReadonlySet<object>).has(runner);
  }

  /** Interrupts what runs, and what will. */
  interrupt(): void {
    this.#isInterrupted = true;
    for (const runner of this.#runners) interrupt(runner);
    this.#patience ??= setTimeout(this.#giveUp, INTERRUPTION_MS);
  }

  /** All have ended, or are waited for no longer. */
  close(): void {
    clearTimeout(this.#patience);
  }
}

function interrupt(runner: Interruptible): void {
  runner.abort();
  runner.giveUp();
}
