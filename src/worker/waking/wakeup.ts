// What a worker's loop sleeps on: rung by a notification, by a slot that became free, by a stop; at the latest by a timer.

export class Wakeup {
  #rung = false;
  #wake: (() => void) | undefined;

  /** Ends the current sleep, or the next one before it begins. */
  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Sleeps until rung, for `ms` at most. Returns whether it was rung. */
  async sleep(ms: number): Promise<boolean> {
    if (!this.#rung) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, ms);
      });
      clearTimeout(timer);
      this.#wake = undefined;
    }
    const rung = this.#rung;
    this.#rung = false;
    return rung;
  }
}
