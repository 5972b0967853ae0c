// Claims deliveries into a worker's free slots, again and again, until it stops.
// NOTIFY is a hint, polling is the truth: a lost notification costs at most one poll interval.
import type { Logger } from '../core/logger.ts';
import type { Claims } from './claims.ts';
import type { Runner } from './runner.ts';
import { Solitude } from './solitude.ts';
import { Strays } from './strays.ts';
import { Wakeup } from './wakeup.ts';
import { within } from './within.ts';

export interface ClaimLoopParts {
  readonly claims: Claims;
  readonly runner: Runner;
  readonly log: Logger;
  readonly concurrency: number;
  readonly pollMs: number;
  /** How long a claim may take. */
  readonly answerMs: number;
  isRunning(): boolean;
  /** It looked, and found nothing. */
  onIdle(): void;
  onAnswer(): void;
  onError(error: unknown): void;
}

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5_000;

export class ClaimLoop {
  readonly #parts: ClaimLoopParts;
  readonly #solitude: Solitude;
  readonly #strays: Strays;
  readonly #wakeup = new Wakeup();
  #hungry = true;
  #retryMs = FIRST_RETRY_MS;

  constructor(parts: ClaimLoopParts) {
    this.#parts = parts;
    this.#solitude = new Solitude(parts.claims);
    this.#strays = new Strays(parts.claims, parts.runner);
  }

  /** There may be something to take, or the worker stops. */
  ring(): void {
    this.#hungry = true;
    this.#wakeup.ring();
  }

  async run(): Promise<void> {
    const { isRunning, onError, pollMs } = this.#parts;
    while (isRunning()) {
      if (!this.#hungry) {
        if (!(await this.#wakeup.sleep(pollMs))) this.#hungry = true;
        continue;
      }
      try {
        await this.#claim();
        this.#retryMs = FIRST_RETRY_MS;
      } catch (error) {
        this.#strays.doubt();
        onError(error);
        await this.#wakeup.sleep(this.#retryMs);
        this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2);
        this.#hungry = true;
      }
    }
  }

  async #claim(): Promise<void> {
    const { runner, concurrency, answerMs, pollMs, onAnswer, onIdle } = this.#parts;
    // Before the claim: a notification that comes during it must lead to another one.
    this.#hungry = false;
    await within(answerMs, 'a look at what this worker holds', this.#strays.giveBack());
    const free = concurrency - runner.running;
    const claimed = await within(answerMs, 'a claim', this.#solitude.take(free, runner.running));
    if (claimed === undefined) {
      // No slot is free: the end of a run rings.
      this.#hungry = true;
      await this.#wakeup.sleep(pollMs);
      return;
    }
    for (const delivery of claimed) void this.#work(this.#solitude.watch(delivery, runner.run(delivery)));
    if (claimed.length === free) this.#hungry = true;
    else if (claimed.length === 0) onIdle();
    onAnswer();
  }

  async #work(run: Promise<unknown>): Promise<void> {
    try {
      await run;
    } catch (error) {
      this.#parts.log.error({ err: error }, 'the outcome of a delivery could not be written; it is taken back when this worker ends');
    }
    this.#wakeup.ring();
  }
}
