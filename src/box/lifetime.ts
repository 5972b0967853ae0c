// The lifetime of a box: it decides which calls may begin while the box is open, and closes the box.
//
// The race: close() is called while receivers run. They use the box until they have ended, so close() first refuses what would
// begin new work, then waits for the workers, and only then refuses everything.
import { SignalboxError } from '../errors.ts';
import type { Worker } from '../worker/worker.ts';

export class Lifetime {
  /** The workers that have something to end: those that were started, and those that tick. */
  readonly workers = new Set<Worker>();
  readonly #beforeUse: () => void;
  readonly #undo: (() => void)[] = [];
  readonly #last: (() => Promise<void>)[] = [];
  #phase: 'open' | 'closing' | 'closed' = 'open';
  #closing: Promise<void> | undefined;

  /** @param beforeUse called before anything for which all receivers must be known */
  constructor(beforeUse: () => void) {
    this.#beforeUse = beforeUse;
  }

  /** Calls `undo` when the box is closed and its workers have stopped. */
  onClosed(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** Has `work` done when the workers have stopped, before the box is closed. It never rejects, and ends in time by itself. */
  beforeClosed(work: () => Promise<void>): void {
    this.#last.push(work);
  }

  /** For what a receiver may do to its end. @throws SignalboxError `BoxClosed` */
  assertOpen(): void {
    if (this.#phase === 'closed') throw boxClosed();
  }

  /** The same for what needs the receivers. @throws SignalboxError `BoxClosed` */
  beginUse(): void {
    this.assertOpen();
    this.#beforeUse();
  }

  /** For what begins new work or adds receivers. @throws SignalboxError `BoxClosed` */
  assertTakesWork(): void {
    if (this.#phase !== 'open') throw boxClosed();
  }

  /** The same for what needs the receivers. @throws SignalboxError `BoxClosed` */
  beginWork(): void {
    this.assertTakesWork();
    this.#beforeUse();
  }

  /** @throws SignalboxError `WaitsForItself` */
  async close(): Promise<void> {
    for (const worker of this.workers) worker.assertOutside('box.close()');
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#phase = 'closing';
    try {
      await Promise.all([...this.workers].map((worker) => worker.stop()));
    } finally {
      for (const work of this.#last.splice(0)) await work();
      this.#phase = 'closed';
      for (const undo of this.#undo.splice(0)) undo();
    }
  }
}

const boxClosed = (): SignalboxError =>
  new SignalboxError('BoxClosed', 'This box was closed. Make another one with createSignalbox({ db }).');
