// When a run must end: at its receiver's timeout, or when its worker can wait no longer. Whichever comes first is the
// reason that the receiver's abort signal carries. The timeout counts from the call of the receiver: what a run waits before
// that, for a connection say, is not the receiver's doing. It may wait as long, and is given back then. The signal itself is made when somebody asks for it: most receivers
// are done within a millisecond, and never do.
import type { Receiver } from '../../core/receivers.ts';
import { SignalboxError } from '../../errors.ts';

/** Makes one call of a receiver within its timeout. */
export type InTime = <T>(call: (deadline: Deadline) => Promise<T>) => Promise<T>;

export class Deadline implements Disposable {
  readonly #receiver: Receiver;
  readonly #timer: NodeJS.Timeout;
  readonly #onEnd: ((reason: SignalboxError) => void)[] = [];
  #isCalled = false;
  #controller: AbortController | undefined;
  #reason: SignalboxError | undefined;

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
    this.#timer = setTimeout((late: Deadline) => late.#pass(), receiver.timeoutMs, this);
  }

  /** The receiver is called now. @throws the reason why not, if the run is over already */
  start(): void {
    if (this.#reason) throw this.#reason;
    this.#isCalled = true;
    this.#timer.refresh();
  }

  /** The receiver returned: what the run waits for from now on is not its doing. */
  returned(): void {
    this.#isCalled = false;
  }

  /** Aborted at the end, with its reason. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#reason) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Why the run was ended, if it was. */
  get reason(): SignalboxError | undefined {
    return this.#reason;
  }

  /** The worker can wait no longer. */
  interrupt(): void {
    const message = `${this.#receiver.name} was interrupted because its worker stops. It will run again.`;
    this.#end(new SignalboxError('DeliveryAborted', message));
  }

  /** Calls `listener` when the run is ended, at once if it has been. */
  onEnd(listener: (reason: SignalboxError) => void): void {
    if (this.#reason) listener(this.#reason);
    else this.#onEnd.push(listener);
  }

  /** What `work` comes to, or the reason as soon as the deadline passes. */
  race(work: unknown): unknown {
    if (!isThenable(work)) return work;
    return new Promise((resolve, reject) => {
      this.onEnd(reject);
      work.then(resolve, reject);
    });
  }

  #pass(): void {
    const { name, timeoutMs } = this.#receiver;
    const error = this.#isCalled
      ? new SignalboxError('DeliveryTimedOut', `${name} did not finish within ${timeoutMs} ms. Make it shorter, or raise its timeout.`)
      : new SignalboxError('DeliveryAborted', `${name} could not be called, or not be ended, within ${timeoutMs} ms. It will run again.`);
    this.#end(error);
  }

  #end(reason: SignalboxError): void {
    if (this.#reason) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
    for (const listener of this.#onEnd) listener(reason);
  }

  /** The run is over: nothing ends it any more. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#onEnd.length = 0;
  }
}

/** A promise, or what acts as one: a query of Drizzle is sent when somebody asks what it came to. */
const isThenable = (work: unknown): work is PromiseLike<unknown> =>
  work instanceof Promise || typeof (work as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';
