// How many pages are live at the same time. Each costs the database a page every two seconds, for as long as somebody leaves it open, so their
// number has an end; one more is told to come back.
//
// The race: streams begin and end at any time. A slot is taken without waiting in between, and given back once, however often its stream ends.
import { Refusal } from '../guard/refusal.ts';

/** Seconds after which a page that found no slot asks again. */
const AGAIN_SECONDS = 10;

export class LiveSlots {
  readonly #most: number;
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes a slot. Returns what gives it back. @throws Refusal when all are taken */
  take(): () => void {
    if (this.#taken >= this.#most)
      throw new Refusal(
        503,
        `${this.#most} pages of this dashboard are live already, as many as may be (option liveStreams). This one is not live; it tries again.`,
        { 'retry-after': String(AGAIN_SECONDS) },
      );
    this.#taken++;
    let isBack = false;
    return () => {
      if (!isBack) this.#taken--;
      isBack = true;
    };
  }
}
