// Finds the statements of an application that are worth preparing: those that are sent repeatedly. A session keeps its
// prepared statements until it ends, so a text that differs each time (a list of another length) must not be prepared.

/** The most texts that are prepared. A session holds some kilobytes for each. */
const MOST = 250;
/** The use from which a text is prepared. */
const OFTEN = 3;
/** Texts that are counted at a time; then counting starts over. */
const COUNTED = 1_000;

export class HotStatements {
  readonly #hot = new Set<string>();
  #uses = new Map<string, number>();

  /** Counts a use of the text, and returns whether it should be prepared. */
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
