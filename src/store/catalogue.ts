// The catalogue of receivers as this process sees it: announces its own receivers, once, and knows their ids.
import type { Logger } from '../core/logger.ts';
import type { Receiver, Receivers } from '../core/receivers.ts';
import type { Signal } from '../core/signal.ts';
import type { Run } from '../drivers/driver.ts';
import type { AnnouncedReceiver, Store } from './store.ts';

const RETRY_AFTER_MS = 5_000;

export class Catalogue {
  readonly receivers: Receivers;
  readonly #store: Store;
  readonly #log: Logger;
  #byId: ReadonlyMap<number, Receiver> = new Map();
  #idsBySignal: ReadonlyMap<string, readonly number[]> = new Map();
  #announcing: Promise<void> | undefined;
  /** The version of the receivers that was announced. */
  #announced = -1;
  #failedAt = -Infinity;

  constructor(store: Store, receivers: Receivers, log: Logger) {
    this.#store = store;
    this.receivers = receivers;
    this.#log = log;
  }

  /** Announces this process's receivers, if that has not been done. @throws what the database throws */
  async announce(): Promise<void> {
    if (this.#isAnnounced()) return;
    this.#announcing ??= this.#announceOnce().finally(() => (this.#announcing = undefined));
    return this.#announcing;
  }

  /**
   * Announces again: keeps the receivers of a process that runs for months from looking forgotten, and finds rows of
   * former names that an older process has announced meanwhile.
   */
  async refresh(): Promise<void> {
    await this.#announceOnce();
  }

  /**
   * {@link announce} for a caller whose own work must not fail because of it: an error is logged and tried again later.
   * An emit that then follows announces within its own transaction.
   */
  async tryAnnounce(): Promise<void> {
    if (this.#isAnnounced() || performance.now() - this.#failedAt < RETRY_AFTER_MS) return;
    try {
      await this.announce();
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
    return (await this.#store.announce(own, run)).filter(({ current }) => current).map(({ id }) => id);
  }

  /** The receiver that a delivery's receiver id stands for, and its id, for all receivers of this process. */
  entries(): ReadonlyMap<number, Receiver> {
    return this.#byId;
  }

  #isAnnounced(): boolean {
    return this.#announced === this.receivers.version;
  }

  async #announceOnce(): Promise<void> {
    const { version, all } = this.receivers;
    const rows = all.length > 0 ? await this.#announceAll() : [];
    const byId = new Map<number, Receiver>();
    const idsBySignal = new Map<string, number[]>();
    for (const { id, name, signal, current } of rows) {
      const receiver = this.receivers.find(name, signal);
      // Disconnected meanwhile.
      if (!receiver) continue;
      byId.set(id, receiver);
      if (current) idsBySignal.set(signal, [...(idsBySignal.get(signal) ?? []), id]);
    }
    this.#byId = byId;
    this.#idsBySignal = idsBySignal;
    this.#announced = version;
  }

  /** A row that another process inserted at the same moment may be missing from the first answer, never from the second. */
  async #announceAll(): Promise<readonly AnnouncedReceiver[]> {
    const { all } = this.receivers;
    const rows = await this.#store.announce(all);
    return rows.filter(({ current }) => current).length >= all.length ? rows : this.#store.announce(all);
  }
}
