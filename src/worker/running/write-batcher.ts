// Groups writes: the items that arrive while one write is under way go out together in the next, so grouping adds no delay.
// A write that fails is tried again until it gets through: an outcome that is not written leaves its delivery running.
// A write is split only if the database refuses its content, so that one bad item cannot hold up its neighbours.

import { sleep } from '../../liveness/sleep.ts';

export interface WriteBatcherOptions<Item> {
  /** Writes the items; returns the ids that took effect. */
  readonly write: (items: readonly Item[]) => Promise<Set<string>>;
  /** Whether the database refuses the content: no new try can help. */
  readonly isRefusal: (error: unknown) => boolean;
  /** Called before each new try. */
  readonly onRetry: (error: unknown) => void;
}

interface Waiting<Item> {
  readonly item: Item;
  resolve(took: boolean): void;
  reject(error: unknown): void;
}

const MOST_ITEMS = 1_000;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

export class WriteBatcher<Item extends { readonly id: string }> {
  readonly #options: WriteBatcherOptions<Item>;
  readonly #stop = new AbortController();
  #queue: Waiting<Item>[] = [];
  #flushing: Promise<void> | undefined;

  constructor(options: WriteBatcherOptions<Item>) {
    this.#options = options;
  }

  /** Writes an item. Resolves to whether it took effect, once that is durable; rejects when it is refused or given up. */
  add(item: Item): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ item, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  /** Gives up on writes that wait for another try: they reject. */
  giveUp(): void {
    this.#stop.abort();
  }

  async #flush(): Promise<void> {
    // One turn of the event loop, so that outcomes of the same moment are written together.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      while (this.#queue.length > 0) {
        const batch = this.#queue.slice(0, this.#countDistinct());
        this.#queue = this.#queue.slice(batch.length);
        await this.#write(batch);
      }
    } finally {
      // In the turn in which the queue was found empty: an item that is added a moment later must begin another flush.
      this.#flushing = undefined;
    }
  }

  /**
   * The number of items in one write: no two of one delivery, because the answer names those that took effect only by
   * their id.
   */
  #countDistinct(): number {
    const ids = new Set<string>();
    for (const { item } of this.#queue) {
      if (ids.size === MOST_ITEMS || ids.has(item.id)) break;
      ids.add(item.id);
    }
    return ids.size;
  }

  async #write(batch: readonly Waiting<Item>[]): Promise<void> {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)) {
      try {
        const took = await this.#options.write(batch.map(({ item }) => item));
        for (const { item, resolve } of batch) resolve(took.has(item.id));
        return;
      } catch (error) {
        const refused = this.#options.isRefusal(error);
        if (!refused && !this.#stop.signal.aborted) {
          this.#options.onRetry(error);
          await sleep(waitMs, this.#stop.signal);
        } else if (refused && batch.length > 1) {
          for (const one of batch) await this.#write([one]);
          return;
        } else {
          for (const { reject } of batch) reject(error);
          return;
        }
      }
    }
  }
}
