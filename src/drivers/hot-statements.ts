// Which statements of an application are worth preparing: those that come again and again. A session keeps what it has
// prepared until it ends, so a text that is put together anew each time (a list of another length) must not be kept.

/** Texts that are prepared, at most. A session holds some kilobytes for each. */
const MOST = 250;
/** From which use on. */
const OFTEN = 3;
/** Texts that are counted at a time; then the count begins anew. */
const COUNTED = 1_000;

export class HotStatements {
  readonly #hot = new Set<string>();
  #uses = new Map<string, number>();

  /** Counts a use of the text, and says whether it is to be prepared. */
  isHot(text: string): boolean {
    if (this.#hot.has(text)) return true;
    if (this.#hot.size === MOST) return false;
    const uses = (this.#uses.get(text) ?? 0) + 1;
    if (uses < OFTEN) {
      if (this.#uses.size === COUNTED) this.#uses = new Map();
      this.#uses.set(text, uses);
      return false;
    }
    this.#uses.delete(text);
    this.#hot.add(text);
    return true;
  }
}
