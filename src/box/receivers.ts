// box.receivers: plain functions as receivers, and what the catalogue has of receivers.
import type { BatchContext, BatchItem, DetachedBatchContext } from '../core/batch.ts';
import type { DeliveryContext, DetachedDeliveryContext } from '../core/context.ts';
import { compareRows, type Manifest, manifestOf, type ManifestProblem } from '../core/manifest.ts';
import { checkValue } from '../core/options.ts';
import type { FunctionTarget, Receivers } from '../core/receivers.ts';
import { nameOfSignal, type Signal, signalOrName } from '../core/signal.ts';
import type { BatchOptions, OnSignalOptions, PayloadOfAny, SignalOrSignals } from '../decorators/on-signal.ts';
import type { Driver } from '../drivers/driver.ts';
import { functionReceivers } from '../receivers/register.ts';
import { type Announcement, announceAll } from '../store/catalogue/announcement.ts';
import type { Catalogue } from '../store/catalogue/catalogue.ts';
import type { Store } from '../store/store.ts';
import { reaching } from '../store/unreachable.ts';
import type { ActOptions } from '../operate/audit.ts';
import { moveDeliveries, type MoveOptions, retireReceiver, type RetireOptions, type Retirement } from '../operate/errands/receiver-acts.ts';
import { pauseReceiver } from '../operate/pause.ts';
import type { Errand } from '../store/errands/errand.ts';
import type { ListedReceiver, Status } from '../operate/status.ts';
import type { Ambient } from '../transaction/ambient.ts';
import type { Lifetime } from './lifetime.ts';
import type { Operating } from './operating.ts';
import type { Services } from './services.ts';

/** As for `@OnSignal`; the name is not optional, for a function has no class. */
export type ConnectOptions = OnSignalOptions & { readonly name: string };

/** The receivers of a box. */
export interface BoxReceivers {
  /**
   * Makes a plain function a receiver, for where there are no decorators. `name` is stored: keep it, or list it in
   * `formerly`. Returns the disconnect; rows that are stored by then wait for a process that has it.
   * @throws SignalboxError `ReceiverNameTaken`, `SignalNameTaken`, `InvalidOption`, `BoxClosed`
   * @example box.receivers.connect(payment.completed, async ({ paymentId }, { tx }) => { … }, { name: 'orders.complete' });
   */
  connect<const S extends SignalOrSignals>(
    signal: S,
    receiver: (payload: PayloadOfAny<S>, context: DetachedDeliveryContext) => unknown,
    options: ConnectOptions & { batch?: undefined; transactional: false },
  ): () => void;
  /** The same with a transaction in the context, which is the default. */
  connect<const S extends SignalOrSignals>(
    signal: S,
    receiver: (payload: PayloadOfAny<S>, context: DeliveryContext) => unknown,
    options: ConnectOptions & { batch?: undefined },
  ): () => void;
  /** The same for up to `batch` deliveries at a time, without a transaction. */
  connect<const S extends SignalOrSignals>(
    signal: S,
    receiver: (items: BatchItem<PayloadOfAny<S>>[], context: DetachedBatchContext) => unknown,
    options: ConnectOptions & BatchOptions & { transactional: false },
  ): () => void;
  /** The same for up to `batch` deliveries at a time, in one transaction. */
  connect<const S extends SignalOrSignals>(
    signal: S,
    receiver: (items: BatchItem<PayloadOfAny<S>>[], context: BatchContext) => unknown,
    options: ConnectOptions & BatchOptions,
  ): () => void;
  /**
   * Writes the receivers into the catalogue, so that every process delivers to them from now on: the step of a deploy.
   * @throws SignalboxError `DatabaseUnreachable`, `MigrationMissing`, `SequenceBehind`, `BoxClosed`, and what {@link Signalbox.get} throws
   */
  announce(): Promise<Announcement>;
  /**
   * Whether a signal, or the one of this name, has a receiver, in this process or in the catalogue.
   * @throws SignalboxError `MigrationMissing`, `InvalidOption`, `BoxClosed`
   */
  has(signal: Signal | string): Promise<boolean>;
  /**
   * The receivers, signals and versions of this box, for a file beside the code, with which the next release is compared: `signalbox check`.
   * @throws SignalboxError `BoxClosed`
   */
  manifest(): Manifest;
  /**
   * What this code would do to deliveries that the database has: receivers that it lacks, versions that it does not read. Looks at the
   * first 1,000 of each receiver, and at dead ones. Writes nothing.
   * @throws SignalboxError `DatabaseUnreachable`, `MigrationMissing`, `BoxClosed`
   */
  checkStored(): Promise<ManifestProblem[]>;
  /**
   * The receivers of the catalogue, by signal and name, those that were retired among them. `box.status()` has them with what waits for them.
   * @throws SignalboxError `MigrationMissing`, `BoxClosed`
   */
  list(): Promise<ListedReceiver[]>;
  /**
   * Pauses a receiver, by any of its names: no delivery of it is begun any more, within a second and by any worker; those that run go on, and
   * those that come are stored. Returns whether that changed anything: false for one that is paused already.
   * @throws SignalboxError `ReceiverNotFound`, `InvalidOption`, `BoxClosed`
   * @example await box.receivers.pause('Orders.onPaid', { by: 'ada' });
   */
  pause(name: string, options?: ActOptions): Promise<boolean>;
  /**
   * Resumes a receiver, and wakes workers. While its queue is paused, it stays so.
   * @throws SignalboxError `ReceiverNotFound`, `InvalidOption`, `BoxClosed`
   */
  resume(name: string, options?: ActOptions): Promise<boolean>;
  /**
   * Begins an errand that gives the deliveries of one receiver to another one of the same signals: those that wait, and the dead ones. They keep their idempotency
   * keys. Where the other has a delivery of its own, they end as cancelled. Those that are running go when they wait again. What is emitted later is not moved.
   * @throws SignalboxError `ReceiverNotFound`, `ErrandUnfinished`, `InvalidOption`, `BoxClosed`
   */
  move(from: string, to: string, options?: MoveOptions): Promise<Errand>;
  /**
   * Retires a receiver whose code is gone: nothing that is emitted from now on is stored for it. What waits is kept, or cancelled by an errand.
   * A process that still has it brings it back when it announces it again.
   * @throws SignalboxError `ReceiverNotFound`, `ErrandUnfinished`, `InvalidOption`, `BoxClosed`
   */
  retire(name: string, options?: RetireOptions): Promise<Retirement>;
}

export interface ReceiversParts {
  readonly lifetime: Lifetime;
  readonly services: Services;
  readonly receivers: Receivers;
  readonly catalogue: Catalogue;
  readonly driver: Driver;
  readonly store: Store;
  readonly ambient: Ambient;
  readonly operating: Pick<Operating, 'pausing' | 'errandsParts' | 'errands'>;
  readonly status: Status;
}

export class OwnReceivers implements BoxReceivers {
  readonly #parts: ReceiversParts;

  constructor(parts: ReceiversParts) {
    this.#parts = parts;
  }

  connect(signal: SignalOrSignals, call: FunctionTarget['call'], options: ConnectOptions): () => void {
    const { lifetime, receivers } = this.#parts;
    lifetime.assertTakesWork();
    const signals = (Array.isArray(signal) ? signal : [signal]) as readonly Signal[];
    const connected = functionReceivers(signals, call, options);
    receivers.add(connected);
    return () => receivers.remove(connected);
  }

  async announce(): Promise<Announcement> {
    const { lifetime, services, ambient, driver, store, catalogue } = this.#parts;
    lifetime.beginWork();
    services.warnOfForgotten();
    services.check();
    return ambient.neutrally(() => reaching(driver, () => announceAll(store, catalogue)));
  }

  manifest(): Manifest {
    const { lifetime, receivers } = this.#parts;
    lifetime.beginUse();
    return manifestOf(receivers.all);
  }

  async checkStored(): Promise<ManifestProblem[]> {
    const { driver, store, ambient } = this.#parts;
    const now = this.manifest();
    return ambient.neutrally(() => reaching(driver, async () => compareRows(await store.doctor.stored(), now)));
  }

  async has(signal: Signal | string): Promise<boolean> {
    const { lifetime, receivers, store } = this.#parts;
    lifetime.beginUse();
    checkValue(signal, signalOrName, 'box.receivers.has', 'its argument');
    const name = nameOfSignal(signal);
    return receivers.of({ name }).length > 0 || store.catalogue.hasReceivers(name);
  }

  async list(): Promise<ListedReceiver[]> {
    return this.#parts.status.receivers();
  }

  async pause(name: string, options: ActOptions = {}): Promise<boolean> {
    return pauseReceiver(this.#parts.operating.pausing, 'pause', name, options);
  }

  async resume(name: string, options: ActOptions = {}): Promise<boolean> {
    return pauseReceiver(this.#parts.operating.pausing, 'resume', name, options);
  }

  async move(from: string, to: string, options: MoveOptions = {}): Promise<Errand> {
    const { errandsParts, errands } = this.#parts.operating;
    return moveDeliveries(errandsParts, errands, [from, to], options);
  }

  async retire(name: string, options: RetireOptions = {}): Promise<Retirement> {
    const { errandsParts, errands } = this.#parts.operating;
    return retireReceiver(errandsParts, errands, name, options);
  }
}
