// Pausing and resuming receivers and queues, by their names in the catalogue. What a pause means is decided by the claim (store/catalogue/
// pause.sql.ts); what a worker has claimed ahead of it is not started once it has waited for 0.8 s (worker/claiming/slots.ts).
import { checkValue } from '../core/options.ts';
import { storedName, text } from '../core/rules.ts';
import { SignalboxError } from '../errors.ts';
import type { Events } from '../observe/events.ts';
import type { PauseChange, PausedQueue, PauseStore } from '../store/catalogue/pause.ts';
import { type ActOptions, type Audit, byOf } from './audit.ts';
import type { Openness } from './emissions.ts';

export interface PauseParts {
  readonly store: PauseStore;
  readonly box: Openness;
  readonly events: Events;
  readonly audit: Audit;
}

/** Pauses or resumes a receiver. Returns whether that changed anything. @throws SignalboxError `InvalidOption`, `ReceiverNotFound`, `BoxClosed` */
export async function pauseReceiver(parts: PauseParts, verb: 'pause' | 'resume', receiver: string, options: ActOptions): Promise<boolean> {
  const { store, box } = parts;
  box.assertOpen();
  const subject = `receivers.${verb}`;
  checkValue(receiver, text, subject, 'the receiver');
  const by = byOf(options, subject);
  const change = async (): Promise<PauseChange> => {
    const change = await (verb === 'pause' ? store.pauseReceiver(receiver) : store.resumeReceiver(receiver));
    if (change.found === 0) throw receiverNotFound(subject, receiver);
    return change;
  };
  return told(parts, verb, { by, receiver, queue: '' }, change);
}

export const receiverNotFound = (subject: string, receiver: string): SignalboxError =>
  new SignalboxError(
    'ReceiverNotFound',
    `${subject}: the catalogue has no receiver ${receiver}. Give its stored name; announce() and \`signalbox announce\` list them.`,
  );

/** The queues of a database. */
export class Queues {
  readonly #parts: PauseParts;

  /** @internal Made by the box. */
  constructor(parts: PauseParts) {
    this.#parts = parts;
  }

  /**
   * Pauses a queue: no delivery of its receivers is begun any more, within a second and by any worker; those that run go on. A receiver that
   * joins the queue later is paused, too. Returns whether that changed anything: false for a queue that is paused already.
   * @throws SignalboxError `InvalidOption`, `QueueNotFound`, `BoxClosed`
   */
  async pause(queue: string, options: ActOptions = {}): Promise<boolean> {
    return this.#change('pause', queue, options);
  }

  /**
   * Resumes a queue, and wakes workers. A receiver that was paused by itself stays so.
   * @throws SignalboxError `InvalidOption`, `QueueNotFound`, `BoxClosed`
   */
  async resume(queue: string, options: ActOptions = {}): Promise<boolean> {
    return this.#change('resume', queue, options);
  }

  /** The queues that are paused, by name. @throws SignalboxError `BoxClosed` */
  async paused(): Promise<readonly PausedQueue[]> {
    this.#parts.box.assertOpen();
    return this.#parts.store.pausedQueues();
  }

  async #change(verb: 'pause' | 'resume', queue: string, options: ActOptions): Promise<boolean> {
    const { store, box } = this.#parts;
    box.assertOpen();
    const subject = `queues.${verb}`;
    checkValue(queue, storedName, subject, 'the queue');
    const by = byOf(options, subject);
    return told(this.#parts, verb, { by, receiver: '', queue }, async () => {
      const change = await (verb === 'pause' ? store.pauseQueue(queue) : store.resumeQueue(queue));
      if (change.found === 0 && change.changed === 0)
        throw new SignalboxError('QueueNotFound', `${subject}: no receiver of the catalogue is in the queue ${queue}. Check its name.`);
      return change;
    });
  }
}

interface Target {
  readonly by: string;
  readonly receiver: string;
  readonly queue: string;
}

/** Records the act, and raises its event if it has changed anything. */
async function told(
  { audit, events }: PauseParts,
  verb: 'pause' | 'resume',
  target: Target,
  change: () => Promise<PauseChange>,
): Promise<boolean> {
  const { by, receiver, queue } = target;
  const act = receiver === '' ? { by, act: `queues.${verb}`, about: { queue } } : { by, act: `receivers.${verb}`, about: { receiver } };
  const { changed } = await audit.record(act, change, (done) => ({ changed: done.changed > 0 }));
  if (changed > 0) events.raiseNeutrally(verb === 'pause' ? 'operator.paused' : 'operator.resumed', target);
  return changed > 0;
}
