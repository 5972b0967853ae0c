// What operators must not see of stored JSON: paths, and the text without the values behind them. The text is rewritten, not parsed and
// written again: a number of 30 digits stays what it was.

/** Stands in the place of what is not shown. */
export const REDACTED = '[redacted]';

/** A path by its steps: names, positions, `*` for any of them. */
export type Steps = readonly string[];

/** As PostgreSQL takes a text for a position in a list: with a sign, with zeros in front, from the end. */
const isPosition = (step: string): boolean => /^\s*[+-]?\d+$/.test(step);

/** Whether a step of a redacted path stands for a name or position. Letters of any case are one, and so are all positions: too much is redacted, never too little. */
const covers = (redacted: string, step: string): boolean =>
  redacted === '*' || (isPosition(redacted) && isPosition(step)) || redacted.toLowerCase() === step.toLowerCase();

/** Whether a value at `path` is redacted, holds what is, or lies within it. */
export const touches = (paths: readonly Steps[], path: Steps): boolean =>
  paths.some((redacted) => redacted.slice(0, path.length).every((step, index) => covers(step, path[index]!)));

/** JSON text without the values at these paths. Text that is no JSON is not shown at all. */
export function redactJson(text: string, paths: readonly Steps[]): string {
  if (paths.length === 0) return text;
  try {
    return new Rewriter(text).rewrite(paths);
  } catch {
    return JSON.stringify(REDACTED);
  }
}

/** Reads well-formed JSON text from its start, once. */
class Rewriter {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  rewrite(paths: readonly Steps[]): string {
    const rewritten = this.#value(paths);
    this.#space();
    if (this.#at < this.#text.length) throw new SyntaxError('more than one value');
    return rewritten;
  }

  /** The next value, rewritten. @param paths of what is redacted, from this value on */
  #value(paths: readonly Steps[]): string {
    this.#space();
    const start = this.#at;
    if (paths.some((steps) => steps.length === 0)) {
      this.#skip();
      return JSON.stringify(REDACTED);
    }
    const opening = this.#text[start];
    if (paths.length > 0 && opening === '{') return this.#members('}', () => this.#name(), paths);
    if (paths.length > 0 && opening === '[') {
      let position = 0;
      return this.#members(']', () => [String(position++), ''], paths);
    }
    this.#skip();
    return this.#text.slice(start, this.#at);
  }

  #members(closing: string, next: () => [step: string, written: string], paths: readonly Steps[]): string {
    const opening = this.#text[this.#at++]!;
    const members: string[] = [];
    for (this.#space(); this.#text[this.#at] !== closing; this.#space()) {
      if (members.length > 0) this.#expect(',');
      const [step, written] = next();
      const within = paths.flatMap((steps) => (covers(steps[0]!, step) ? [steps.slice(1)] : []));
      members.push(written + this.#value(within));
    }
    this.#at++;
    return opening + members.join(', ') + closing;
  }

  #name(): [step: string, written: string] {
    this.#space();
    const start = this.#at;
    this.#string();
    const written = this.#text.slice(start, this.#at);
    this.#space();
    this.#expect(':');
    return [JSON.parse(written) as string, `${written}: `];
  }

  /** Passes a value, however deep it is. */
  #skip(): void {
    let depth = 0;
    do {
      this.#space();
      const character = this.#text[this.#at];
      if (character === undefined) throw new SyntaxError('the value has no end');
      if (character === '"') this.#string();
      else {
        if (character === '{' || character === '[') depth++;
        if (character === '}' || character === ']') depth--;
        this.#at++;
        if (/[\w.+-]/.test(character)) while (/[\w.+-]/.test(this.#text[this.#at] ?? '')) this.#at++;
      }
    } while (depth > 0);
  }

  #string(): void {
    if (this.#text[this.#at] !== '"') throw new SyntaxError('no text');
    for (this.#at++; this.#text[this.#at] !== '"'; this.#at++) {
      if (this.#at >= this.#text.length) throw new SyntaxError('the text has no end');
      if (this.#text[this.#at] === '\\') this.#at++;
    }
    this.#at++;
  }

  #space(): void {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? 'x')) this.#at++;
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) throw new SyntaxError(`no ${character}`);
    this.#at++;
  }
}
