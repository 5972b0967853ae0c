// box.errands: acts on many deliveries, each with a cursor: begun, listed, paused, resumed, stopped, and worked on.
import { v7 } from 'uuid';
import { checkOptions, checkValue, type OptionTable } from '../../core/options.ts';
import { abortSignal, callable, uuid, whole } from '../../core/rules.ts';
import { SignalboxError } from '../../errors.ts';
import type { Errand, OwnErrand } from '../../store/errands/errand.ts';
import type { Delivery } from '../../store/operations/delivery.ts';
import type { DeliveryQuery } from '../../store/operations/filter.ts';
import { type ActOptions, type Audit, byOf } from '../audit.ts';
import type { Openness } from '../emissions.ts';
import type { DeliveryCount } from '../paging.ts';
import type { Reads } from '../reads.ts';
import { actingOutside, type KnownReceivers } from './acts-again.ts';
import { type ErrandRequest, fingerprintOf, type Wanted, wantedOf, withoutValue } from './request.ts';
import { FIRST_CURSOR } from './stages.ts';
import { errandNotFound, workOn, workOnAll, type WorkParts } from './work.ts';

/** The deliveries that an errand would be about, if it was begun now. */
export interface ErrandPreview extends DeliveryCount {
  /** Five of them at most, without payloads. */
  readonly samples: readonly Delivery[];
}

export interface ErrandsParts extends WorkParts {
  readonly reads: Pick<Reads, 'count' | 'page' | 'queryOf'>;
  readonly box: Openness;
  readonly audit: Audit;
  readonly receivers: KnownReceivers;
}

/** A page of errands. */
export interface ErrandQuery {
  /** The last id of the previous page: errands come with the latest first. */
  beforeId?: string;
  /** 1 to 1000. Default 100. */
  limit?: number;
}

/** How an errand is worked on in place. */
export interface WorkOptions {
  /** Called with the errand when it has come on, and at first. */
  onProgress?: (errand: Errand) => unknown;
  /** Ends the work between two batches. The errand stays as it is: workers go on with it, or another call does. */
  abortSignal?: AbortSignal;
}

const SAMPLES = 5;
const errandId = { ...uuid, wants: 'the id of an errand, a UUID' };
const QUERY: OptionTable<ErrandQuery> = { beforeId: errandId, limit: whole(1, 1_000) };
const WORK: OptionTable<WorkOptions> = { onProgress: callable, abortSignal };

/** Acts on many deliveries. Each is a row with a cursor: workers carry it on, and one that is killed loses and doubles nothing. */
export class Errands {
  readonly #parts: ErrandsParts;

  /** @internal Made by the box. */
  constructor(parts: ErrandsParts) {
    this.#parts = parts;
  }

  /**
   * Counts the deliveries that an errand would be about, up to 1,000, and shows five: before it is begun.
   * @throws SignalboxError `InvalidOption`, also for a payload path that is redacted; `BoxClosed`
   */
  async preview({ act, filter }: Pick<ErrandRequest, 'act' | 'filter'>): Promise<ErrandPreview> {
    const { box, reads } = this.#parts;
    box.assertOpen();
    const { states } = wantedOf({ act, filter }, 'errands.preview').filter;
    const meant = { ...filter, states };
    const [count, { deliveries: samples }] = await Promise.all([reads.count(meant), reads.page(meant, { limit: SAMPLES })]);
    return { ...count, samples };
  }

  /**
   * Begins an errand. What finishes after this moment is not touched, so that what dies again is not retried in a circle. Workers do it, in batches of
   * 1,000; without one, give its id to {@link Errands.work}.
   * @throws SignalboxError `ErrandUnfinished` if one that is unfinished does the same to the same deliveries, with its id; `ActsAgain`,
   *   `InvalidOption`, also for a payload path that is redacted; `BoxClosed`
   * @example
   * const errand = await box.errands.begin({ act: 'retry', filter: { receiver: 'Mails.onPaid', error: 'timeout' }, over: '10m', by: 'ada' });
   */
  async begin(request: ErrandRequest): Promise<Errand> {
    const { box, receivers, reads } = this.#parts;
    box.assertOpen();
    const wanted = wantedOf(request, 'errands.begin');
    // What it comes to would tell what a redacted payload holds.
    reads.queryOf(request.filter, 'errands.begin');
    if (wanted.act === 'replay' && !wanted.actsAgain) await refuseActingAgain(receivers, wanted.filter);
    return this.start(wanted);
  }

  /** Errands, the latest first. @throws SignalboxError `InvalidOption`, `BoxClosed` */
  async list(query: ErrandQuery = {}): Promise<Errand[]> {
    this.#parts.box.assertOpen();
    checkOptions(query, QUERY, 'errands.list');
    return (await this.#parts.store.list(query.beforeId, query.limit ?? 100)).map(shown);
  }

  /** One errand; `undefined` if there is none of this id. @throws SignalboxError `InvalidOption`, `BoxClosed` */
  async get(id: string): Promise<Errand | undefined> {
    this.#check(id, 'get');
    const errand = await this.#parts.store.get(id);
    return errand && shown(errand);
  }

  /** Pauses an errand, after the batch that is under way. @throws SignalboxError `ErrandNotFound`, `InvalidOption`, `BoxClosed` */
  async pause(id: string, options: ActOptions = {}): Promise<Errand> {
    return this.#change(id, 'pause', options);
  }

  /** Resumes a paused errand. @throws SignalboxError `ErrandNotFound`, `InvalidOption`, `BoxClosed` */
  async resume(id: string, options: ActOptions = {}): Promise<Errand> {
    return this.#change(id, 'resume', options);
  }

  /** Ends an errand for good, after the batch that is under way; what it has done stays. @throws SignalboxError `ErrandNotFound`, `InvalidOption`, `BoxClosed` */
  async stop(id: string, options: ActOptions = {}): Promise<Errand> {
    return this.#change(id, 'stop', options);
  }

  /**
   * Works on an errand in this process until it is not running any more, beside workers that may do so, too. Returns it as it is then: done, paused,
   * stopped, or, if the signal was aborted, still running.
   * @throws SignalboxError `ErrandNotFound`, `InvalidOption`, `BoxClosed`
   */
  async work(id: string, options: WorkOptions = {}): Promise<Errand> {
    this.#check(id, 'work');
    checkOptions(options, WORK, 'errands.work');
    const { onProgress } = options;
    const { abortSignal } = options;
    return shown(await workOn(this.#parts, id, { abortSignal, onProgress: onProgress && ((errand) => onProgress(shown(errand))) }));
  }

  /** @internal Works on all of them, for workers. */
  async workOnAll(stopping: AbortSignal): Promise<void> {
    await workOnAll(this.#parts, stopping);
  }

  /** @internal Begins an errand that has been checked. */
  async start({ act, by, filter, options }: Omit<Wanted, 'actsAgain'>): Promise<Errand> {
    const { store, audit, events } = this.#parts;
    const id = v7();
    const { error, overMs, toName: to } = options;
    const about = {
      filter: withoutValue(filter),
      ...(to !== undefined && { to }),
      ...(overMs !== undefined && { overMs }),
      ...(error && { because: error.message }),
    };
    const entry = await audit.begin({ by, act: `errands.${act}`, about, errandId: id });
    const fingerprint = fingerprintOf({ act, filter, options });
    const beginning = { id, act, by, filter, options: { ...options, audit: entry }, cursor: FIRST_CURSOR, fingerprint };
    if (!(await audit.until(entry, () => store.begin(beginning)))) {
      const other = await store.same(fingerprint);
      await audit.end(entry, { error: 'ErrandUnfinished' });
      throw unfinished(act, other ?? id);
    }
    events.raiseNeutrally('errand.begun', { errandId: id, act, by });
    return shown((await store.get(id))!);
  }

  async #change(id: string, verb: keyof typeof VERBS, options: ActOptions): Promise<Errand> {
    this.#check(id, verb);
    const { store, audit, events } = this.#parts;
    const subject = `errands.${verb}`;
    const by = byOf(options, subject);
    const errand = await audit.record(
      { by, act: subject, about: {}, errandId: id },
      async () => {
        if ((await store.change(id, VERBS[verb])) === undefined) throw errandNotFound(subject, id);
        return (await store.get(id))!;
      },
      ({ state, done }) => ({ state, done }),
    );
    const { act, by: begunBy, done, skipped } = errand;
    const about = { errandId: id, act, by: begunBy };
    if (verb === 'stop') events.raiseNeutrally('errand.ended', { ...about, done, skipped, state: 'stopped' });
    else events.raiseNeutrally(verb === 'pause' ? 'errand.paused' : 'errand.resumed', about);
    return shown(errand);
  }

  #check(id: string, verb: string): void {
    this.#parts.box.assertOpen();
    checkValue(id, errandId, `errands.${verb}`, 'the errand');
  }
}

const VERBS = { pause: 'paused', resume: 'running', stop: 'stopped' } as const;

/** As operators see it: without its cursor, and without a value that it looks for in payloads. */
function shown({ options: _options, cursor: _cursor, ...errand }: OwnErrand): Errand {
  return { ...errand, filter: withoutValue(errand.filter) };
}

async function refuseActingAgain(receivers: KnownReceivers, filter: DeliveryQuery): Promise<void> {
  const acting = await actingOutside(receivers, filter);
  if (acting.length === 0) return;
  throw new SignalboxError(
    'ActsAgain',
    `errands.begin: a replay calls ${tellSome(acting)} again, with new idempotency keys. ${acting.length === 1 ? 'It is' : 'They are'} not transactional, or not known to this process: what they do outside, such as mails and payments, may be done again. Narrow the filter to other receivers, or say actsAgain: true.`,
    { details: { receivers: acting } },
  );
}

const tellSome = (names: readonly string[]): string =>
  names.length <= 5 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;

const unfinished = (act: string, id: string): SignalboxError =>
  new SignalboxError(
    'ErrandUnfinished',
    `errands.begin: an unfinished errand, ${id}, does the same: ${act} of the same deliveries. Work on that one, resume it, or stop it.`,
    { details: { errandId: id } },
  );
