// The catalogue of receivers as this process sees it: announces its own receivers, once, and knows their ids.
import type { Logger } from '../../core/logger.ts';
import type { Receiver, Receivers } from '../../core/receivers.ts';
import type { Identity } from '../../core/renames.ts';
import type { Signal } from '../../core/signal.ts';
import type { Run } from '../../drivers/driver.ts';
import type { CatalogueStore } from './catalogue-store.ts';

const RETRY_AFTER_MS = 5_000;
/** Its receivers may have been joined to older ones meanwhile, whose ids new deliveries carry. */
const LOOK_AGAIN_AFTER_MS = 30_000;

export class Catalogue {
  readonly receivers: Receivers;
  readonly #store: Pick<CatalogueStore, 'announce'>;
  readonly #log: Logger;
  #byId: ReadonlyMap<number, Receiver> = new Map();
  #idsBySignal: ReadonlyMap<string, readonly number[]> = new Map();
  #announcing: Promise<void> | undefined;
  /** The version of the receivers that was announced. */
  #announced = -1;
  #failedAt = -Infinity;
  /** When it last read the catalogue. */
  #readAt = -Infinity;

  constructor(store: Pick<CatalogueStore, 'announce'>, receivers: Receivers, log: Logger) {
    this.#store = store;
    this.receivers = receivers;
    this.#log = log;
  }

  /**
   * Announces this process's receivers, if that has not been done; now and then it checks whether they have other ids by
   * now. For all that runs deliveries. @throws what the database throws
   */
  async announce(): Promise<void> {
    if (this.#isAnnounced() && performance.now() - this.#readAt < LOOK_AGAIN_AFTER_MS) return;
    return this.#announceAlone();
  }

  /** Announces again: keeps the receivers of a process that runs for months from looking forgotten. */
  async refresh(): Promise<void> {
    await this.#announceOnce(false);
  }

  /** Announces again, and takes the names. */
  async announceAnew(): Promise<void> {
    await this.#announceOnce(true);
  }

  /** Marks its knowledge as outdated. */
  outdate(): void {
    this.#readAt = -Infinity;
  }

  /**
   * {@link announce} for a caller whose own work must not fail because of it: an error is logged and tried again later.
   * An emit that then follows announces within its own transaction.
   */
  async tryAnnounce(): Promise<void> {
    if (this.#isAnnounced() || performance.now() - this.#failedAt < RETRY_AFTER_MS) return;
    try {
      await this.#announceAlone();
    } catch (error) {
      this.#failedAt = performance.now();
      this.#log.warn({ err: error }, 'the receivers of this process could not be announced');
    }
  }

  /** Ids of this process's own receivers of a signal; announces them in the transaction of `run` if they are unknown. */
  async idsOf(signal: Signal, run: Run): Promise<readonly number[]> {
    if (this.#isAnnounced()) return this.#idsBySignal.get(signal.name) ?? [];
    const own = this.receivers.of(signal);
    if (own.length === 0) return [];
    // Not remembered: the transaction may still roll back.
    return (await this.#store.announce(own, { run })).filter(({ isRoot }) => isRoot).map(({ id }) => id);
  }

  /** The receiver that a delivery's receiver id stands for, and its id, for all receivers of this process. */
  entries(): ReadonlyMap<number, Receiver> {
    return this.#byId;
  }

  #isAnnounced(): boolean {
    return this.#announced === this.receivers.version;
  }

  async #announceAlone(): Promise<void> {
    this.#announcing ??= this.#announceOnce(!this.#isAnnounced()).finally(() => (this.#announcing = undefined));
    return this.#announcing;
  }

  async #announceOnce(takesNames: boolean): Promise<void> {
    const { version, all } = this.receivers;
    const readAt = performance.now();
    this.#learn(all.length > 0 ? await this.#store.announce(all, { takesNames }) : []);
    this.#announced = version;
    this.#readAt = readAt;
  }

  #learn(identities: readonly Identity[]): void {
    const byId = new Map<number, Receiver>();
    const idsBySignal = new Map<string, number[]>();
    for (const { id, name, signal, isRoot } of identities) {
      const receiver = this.receivers.find(name, signal);
      // Disconnected meanwhile.
      if (!receiver) continue;
      byId.set(id, receiver);
      if (!isRoot) continue;
      const ids = idsBySignal.get(signal);
      if (ids) ids.push(id);
      else idsBySignal.set(signal, [id]);
    }
    this.#byId = byId;
    this.#idsBySignal = idsBySignal;
  }
}
