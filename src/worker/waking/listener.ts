// Listens for NOTIFY on behalf of a worker. A notification is a hint that there may be something to claim; polling covers what the
// listener misses.
import type { Driver } from '../../drivers/driver.ts';

export class Listener {
  readonly #driver: Pick<Driver, 'listen'>;
  readonly #channel: string;
  #onNotify: () => void;
  #unlisten: (() => Promise<void>) | undefined;
  #restarting: Promise<void> = Promise.resolve();

  constructor(driver: Pick<Driver, 'listen'>, channel: string, onNotify: () => void) {
    this.#driver = driver;
    this.#channel = channel;
    this.#onNotify = onNotify;
  }

  async start(): Promise<void> {
    const before = this.#unlisten;
    this.#unlisten = await this.#driver.listen(this.#channel, () => this.#onNotify());
    await before?.();
  }

  /** Listens anew: a driver may have given up listening (postgres.js does when its first new connection fails). */
  restart(onError: (error: unknown) => void): void {
    this.#restarting = this.start().catch(onError);
  }

  async stop(): Promise<void> {
    // postgres.js keeps the callback that it was given, and with it the worker.
    this.#onNotify = () => {};
    await this.#restarting;
    await this.#unlisten?.();
  }
}
