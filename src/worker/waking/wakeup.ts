// The interruptible sleep of a worker's loop: a notification, a free slot or a stop wakes it; at the latest a timer does.

export class Wakeup {
  #isWoken = false;
  #wake: (() => void) | undefined;

  /** Ends the current sleep, or else the next one before it begins. */
  wake(): void {
    this.#isWoken = true;
    this.#wake?.();
  }

  /** Sleeps until woken, for `ms` at most. Returns whether it was woken. */
  async sleep(ms: number): Promise<boolean> {
    if (!this.#isWoken) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, ms);
      });
      clearTimeout(timer);
      this.#wake = undefined;
    }
    const wasWoken = this.#isWoken;
    this.#isWoken = false;
    return wasWoken;
  }
}
