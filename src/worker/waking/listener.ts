// A worker's ear for notifications: they say that there may be something to claim. Where it hears none, polling finds it.
import type { Driver } from '../../drivers/driver.ts';
import { CHANNEL } from '../../store/store.ts';

export class Listening {
  readonly #driver: Driver;
  #onMessage: () => void;
  #unlisten: (() => Promise<void>) | undefined;
  #again: Promise<void> = Promise.resolve();

  constructor(driver: Driver, onMessage: () => void) {
    this.#driver = driver;
    this.#onMessage = onMessage;
  }

  async start(): Promise<void> {
    const before = this.#unlisten;
    this.#unlisten = await this.#driver.listen(CHANNEL, () => this.#onMessage());
    await before?.();
  }

  /** A driver may have given up listening (postgres.js does when its first new connection fails). */
  startAgain(onError: (error: unknown) => void): void {
    this.#again = this.start().catch(onError);
  }

  async stop(): Promise<void> {
    // postgres.js keeps what it was given to call, and with it the worker.
    this.#onMessage = () => {};
    await this.#again;
    await this.#unlisten?.();
  }
}
