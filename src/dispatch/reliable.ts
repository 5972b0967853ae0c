// emitReliable and emitMany: check everything that can be wrong before any SQL is sent, then append in the caller's
// transaction.
import type { ComposedEmit } from '../core/compose.ts';
import type { EmissionReceipt, EmitManyOptions, EmitOptions } from '../core/dispatcher.ts';
import { type Duration, HOUR_MS, toMs } from '../core/duration.ts';
import { encodeHeaders, encodePayload } from '../core/envelope.ts';
import type { Logger } from '../core/logger.ts';
import type { Signal } from '../core/signal.ts';
import type { Client, Driver } from '../drivers/driver.ts';
import { SignalboxError } from '../errors.ts';
import type { Events } from '../observe/events.ts';
import type { Catalogue } from '../store/catalogue/catalogue.ts';
import type { EmissionCause, NewEmission } from '../store/emissions/emissions.ts';
import type { Store } from '../store/store.ts';
import type { Tallies } from '../tallies/tallies.ts';
import { currentCall } from '../transaction/call.ts';
import { batches } from './batches.ts';
import { record } from './capture.ts';
import { CapturedKeys } from './captured-keys.ts';
import { type AnyEmitOptions, appendDeduped, type Deduped, type Keys, keysOf } from './deduped.ts';
import { emissionId } from './emission-id.ts';
import type { TestingMode } from './testing-mode.ts';
import type { Place, Places } from './emit-target.ts';

export interface ReliableParts {
  readonly driver: Driver;
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly places: Places;
  readonly events: Events;
  readonly log: Logger;
  /**
   * For tests: emissions are recorded, beside being stored or in place of it, and immediate mode refuses transactions of whose commit it
   * would never learn.
   */
  readonly mode?: TestingMode | undefined;
  /** The place where a class with receivers is added to the box: the text that follows "to" in messages. */
  readonly place: string;
  /** Counts emissions. */
  readonly tallies?: Tallies | undefined;
  /** The hooks of the extensions, if there are any. */
  readonly aroundEmit?: ComposedEmit | undefined;
}

/** What an emit came to. */
type Stored = Omit<Deduped, 'moved'>;

type Kind = 'emitReliable' | 'emitMany';
/** A place where an emission can be stored. */
type Target = Exclude<Place, { kind: 'database' }>;

export class ReliableDispatch {
  readonly #driver: Driver;
  readonly #store: Store;
  readonly #catalogue: Catalogue;
  readonly #places: Places;
  readonly #events: Events;
  readonly #log: Logger;
  readonly #mode: TestingMode | undefined;
  readonly #place: string;
  readonly #around: ComposedEmit | undefined;
  readonly #tallies: Tallies | undefined;
  readonly #captured = new CapturedKeys();

  constructor({ driver, store, catalogue, places, events, log, mode, place, aroundEmit, tallies }: ReliableParts) {
    this.#mode = mode;
    this.#around = aroundEmit;
    this.#tallies = tallies;
    this.#driver = driver;
    this.#store = store;
    this.#catalogue = catalogue;
    this.#places = places;
    this.#events = events;
    this.#log = log;
    this.#place = place;
  }

  emitReliable(signal: Signal, handle: object, payload: unknown, options: EmitOptions): Promise<EmissionReceipt> {
    return this.#start('emitReliable', signal, handle, [payload], options, (receipts) => receipts[0]!);
  }

  emitMany(signal: Signal, handle: object, payloads: readonly unknown[], options: EmitManyOptions): Promise<EmissionReceipt[]> {
    return this.#start('emitMany', signal, handle, payloads, options, (receipts) => receipts);
  }

  /**
   * The promise is part of the commit: if the caller does not await it, the transaction does, and fails if it fails.
   */
  #start<T>(
    kind: Kind,
    signal: Signal,
    handle: object,
    payloads: readonly unknown[],
    options: AnyEmitOptions,
    pick: (receipts: EmissionReceipt[]) => T,
  ): Promise<T> {
    const place = this.#places.find(handle);
    switch (place.kind) {
      case 'scope':
        return place.scope.pend(this.#emit(kind, signal, payloads, options, place).then(pick));
      case 'untracked':
        if (this.#mode?.now === 'immediate')
          throw new SignalboxError(
            'UntrackedTransaction',
            `${signal.name} was emitted in a transaction that was not opened through the database object of this box, so immediate mode cannot tell when it commits. Open it with that object's transaction().`,
          );
        return this.#emit(kind, signal, payloads, options, place).then(pick);
      case 'database':
        throw new SignalboxError(
          'NotInTransaction',
          `${signal.name}.emitReliable was called outside a transaction. Call it inside db.transaction(async (tx) => …) with that tx, or use emit or emitRobust if it may be lost.`,
        );
      default:
        return place satisfies never;
    }
  }

  #emit(kind: Kind, signal: Signal, payloads: readonly unknown[], options: AnyEmitOptions, place: Target): Promise<EmissionReceipt[]> {
    if (this.#around === undefined) return this.#append(signal, payloads, options, place);
    const info = { kind, signal: signal.name, payloads, headers: options.headers ?? {} };
    return this.#around(info, (headers) => this.#append(signal, payloads, { ...options, headers }, place)) as Promise<EmissionReceipt[]>;
  }

  async #append(signal: Signal, payloads: readonly unknown[], options: AnyEmitOptions, place: Target): Promise<EmissionReceipt[]> {
    const schedule = scheduleOf(signal, options);
    const keys = options.dedupeKey === undefined && options.within === undefined ? undefined : keysOf(signal, payloads, options);
    const cause = causeOf(this.#store);
    const headers = encodeHeaders(signal.name, options.headers);
    const emissions: NewEmission[] = [];
    for (const payload of payloads) emissions.push({ id: emissionId(), payload: await encodePayload(signal, payload) });

    if (this.#mode?.now === 'capture') return this.#capture(signal, emissions, options, place, keys);
    const append = async (client: Client): Promise<Stored> => {
      let xid: string | undefined;
      const run = this.#driver.run(client);
      const ownReceivers = await this.#catalogue.idsOf(signal, run);
      const terms = { signal: signal.name, version: signal.version, headers, ...schedule, ownReceivers, cause };
      if (keys !== undefined) {
        const deduped = await appendDeduped({ store: this.#store.dedupe, signal }, run, emissions, keys, terms);
        if (deduped.moved) this.#catalogue.outdate();
        return deduped;
      }
      const receipts: EmissionReceipt[] = [];
      for (const batch of batches(emissions)) {
        const stored = await this.#store.emissions.append(run, batch, terms);
        for (const { id } of batch) receipts.push({ emissionId: id, deliveries: stored.deliveries });
        xid = stored.xid;
        if (stored.moved) this.#catalogue.outdate();
      }
      return { receipts, fresh: emissions, xid };
    };

    const { receipts, fresh } =
      place.kind === 'untracked'
        ? await append(place.client).then((stored) => {
            // When it commits, if it does, is not known.
            this.#tallies?.emitted({ signal: signal.name, cause: cause?.receiverId ?? 0, n: stored.fresh.length });
            return stored;
          })
        : await place.scope.beside(async () => {
            const stored = await append(place.scope.client!);
            // What another transaction stored is no witness of this one, and not this one's to run.
            if (stored.fresh.length === 0) return stored;
            for (const { id } of stored.fresh) place.scope.emissions.push(id);
            place.scope.xid ??= stored.xid;
            if (this.#tallies)
              (place.scope.emitted ??= []).push({ signal: signal.name, cause: cause?.receiverId ?? 0, n: stored.fresh.length });
            if (this.#events.has('emission.stored')) place.scope.afterCommit.push(() => this.#tellStored(signal.name, stored.receipts));
            return stored;
          });
    const first = receipts.find(isOwn);
    if (this.#mode) this.#record(signal, fresh, options, place, first?.deliveries ?? 0);
    if (first?.deliveries === 0)
      this.#log.warn(
        { signal: signal.name, emissionId: first.emissionId },
        `${signal.name} has no receivers, so the emit stores no delivery. Before you emit, add the class with @OnSignal to ${this.#place}, or run \`signalbox announce\` for the program that has it. It is not delivered later`,
      );
    return receipts;
  }

  /** Nothing is stored. */
  #capture(
    signal: Signal,
    emissions: readonly NewEmission[],
    options: AnyEmitOptions,
    place: Target,
    keys: Keys | undefined,
  ): EmissionReceipt[] {
    if (keys === undefined) return this.#record(signal, emissions, options, place, 0);
    const scope = place.kind === 'scope' ? place.scope : undefined;
    return emissions.map((emission, index) =>
      this.#captured.take(
        signal.name,
        keys.keys[index]!,
        { withinMs: keys.withinMs, scope },
        () => this.#record(signal, [emission], options, place, 0)[0]!,
      ),
    );
  }

  #record(signal: Signal, emissions: readonly NewEmission[], { headers = {} }: AnyEmitOptions, place: Target, deliveries: number) {
    const scope = place.kind === 'scope' ? place.scope : undefined;
    return emissions.map(({ id: emissionId, payload: json }): EmissionReceipt => {
      record({ emissionId, signal, json, headers, deliveries, scope });
      return { emissionId, deliveries };
    });
  }

  #tellStored(signal: string, receipts: readonly EmissionReceipt[]): void {
    for (const { emissionId, deliveries, duplicate } of receipts)
      if (!duplicate) this.#events.raiseNeutrally('emission.stored', { emissionId, signal, deliveries });
  }
}

const isOwn = ({ duplicate }: EmissionReceipt): boolean => !duplicate;

/** The receiver of the same tables that the running code is in. A plain emit pays one look into the async context. */
function causeOf(store: object): EmissionCause | undefined {
  const call = currentCall();
  if (call?.store !== store) return undefined;
  const [first] = call.deliveries;
  if (first?.receiverId === undefined) return undefined;
  return { emissionId: call.deliveries.length === 1 ? first.emissionId : null, receiverId: first.receiverId };
}

interface Schedule {
  readonly runAt: Date | undefined;
  readonly delayMs: number;
  readonly headStartHours: number;
}

/** Checks the combination of options. The signal has checked each option by itself (core/signal.ts). */
function scheduleOf(signal: Signal, { runAt, delay, headStart }: AnyEmitOptions): Schedule {
  const wrong = (what: string): SignalboxError => new SignalboxError('InvalidOption', `${signal.name}.emitReliable: ${what}.`);
  if (runAt !== undefined && delay !== undefined) throw wrong('runAt and delay are both given; give one of them');
  const ms = (duration: Duration | undefined, option: string): number =>
    duration === undefined ? 0 : toMs(duration, `${signal.name}.emitReliable: ${option}`);
  const headStartMs = ms(headStart, 'headStart');
  if (headStartMs > 0 && (runAt !== undefined || delay !== undefined))
    throw wrong('headStart orders what is due now; leave it out with runAt or delay');
  return { runAt, delayMs: ms(delay, 'delay'), headStartHours: headStartMs / HOUR_MS };
}
