// When a run must end: at its receiver's timeout, or when its worker can wait no longer. Whichever comes first is the
// reason that the receiver's abort signal carries.
import type { Receiver } from '../core/receivers.ts';
import { SignalboxError } from '../errors.ts';

export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #stop: AbortSignal;
  readonly #onStop: () => void;

  /** @param stop aborted when the worker can wait no longer */
  constructor(receiver: Receiver, stop: AbortSignal) {
    this.#timer = setTimeout(() => {
      this.#controller.abort(
        new SignalboxError(
          'DeliveryTimedOut',
          `${receiver.name} did not finish within ${receiver.timeoutMs} ms. Make it shorter, or raise its timeout.`,
        ),
      );
    }, receiver.timeoutMs);
    this.#stop = stop;
    this.#onStop = () =>
      this.#controller.abort(
        new SignalboxError('DeliveryAborted', `${receiver.name} was interrupted because its worker stops. It will run again.`),
      );
    if (stop.aborted) this.#onStop();
    else stop.addEventListener('abort', this.#onStop);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why the run was ended, if it was. */
  get reason(): SignalboxError | undefined {
    return this.signal.reason as SignalboxError | undefined;
  }

  /** The result of `work`, or the reason as soon as the deadline passes. */
  async race<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    return new Promise((resolve, reject) => {
      const stop = (): void => reject(signal.reason as Error);
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop);
      void work.then(resolve, reject);
    });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#stop.removeEventListener('abort', this.#onStop);
  }
}
