// Decides when a call of a receiver must end: at the receiver's timeout, or when its worker can wait no longer. The
// first of the two is the reason of the receiver's abort signal. The timeout starts when the receiver is called;
// waiting for a connection before that does not count. A run that waits longer than the timeout before its call is
// released without cost.
//
// The timer is set when something waits for the deadline, and the abort signal is made when the receiver asks for it: most
// receivers return within a millisecond and need neither.
import type { Receiver } from '../../core/receivers.ts';
import { isThenable } from '../../core/thenable.ts';
import { SignalboxError } from '../../errors.ts';

export class Deadline {
  readonly #receiver: Receiver;
  #timer: NodeJS.Timeout | undefined;
  #onEnd: ((reason: SignalboxError) => void)[] | undefined;
  #isCalled = false;
  #controller: AbortController | undefined;
  #reason: SignalboxError | undefined;

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
  }

  /** The receiver is called now. @throws the reason why not, if the run is over already */
  start(): void {
    if (this.#reason) throw this.#reason;
    this.#isCalled = true;
    this.#timer?.refresh();
  }

  /** The receiver returned: waits from now on are not its doing. */
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
    if (this.#reason) return listener(this.#reason);
    (this.#onEnd ??= []).push(listener);
    // Within one turn of the event loop Node counts from its beginning: a receiver that blocked before it waited has had that time.
    this.#timer ??= setTimeout((late: Deadline) => late.#pass(), this.#receiver.timeoutMs, this);
  }

  /** The result of `work`, or the reason as soon as the deadline passes. */
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
    for (const listener of this.#onEnd ?? []) listener(reason);
  }

  /** The call is over: nothing ends it any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#onEnd = undefined;
  }
}

/** The deadlines of all calls that have not ended. */
export class Deadlines {
  readonly #open = new Set<Deadline>();
  #isInterrupted = false;

  open(receiver: Receiver): Deadline {
    const deadline = new Deadline(receiver);
    this.#open.add(deadline);
    if (this.#isInterrupted) deadline.interrupt();
    return deadline;
  }

  close(deadline: Deadline): void {
    deadline.close();
    this.#open.delete(deadline);
  }

  /** Interrupts these calls, and each one that begins later. */
  interrupt(): void {
    this.#isInterrupted = true;
    for (const deadline of this.#open) deadline.interrupt();
  }
}
