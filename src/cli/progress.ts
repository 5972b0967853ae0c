// A line on standard error that shows how far an act is, on a terminal alone. Not the progress of @clack/prompts: it reads
// the keyboard in raw mode and ends the process at Ctrl-C, with code 0, in the middle of a batch.
import { clearLine, cursorTo } from 'node:readline';

export class Progress {
  readonly #stream: NodeJS.WriteStream;
  #shown = false;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
  }

  /** Replaces the line. @param text one line, escaped */
  show(text: string): void {
    if (!this.#stream.isTTY) return;
    this.#clear();
    this.#stream.write(text.slice(0, Math.max(0, this.#stream.columns - 1) || undefined));
    this.#shown = true;
  }

  /** Takes the line away, so that something else can be printed. */
  end(): void {
    if (this.#shown) this.#clear();
    this.#shown = false;
  }

  #clear(): void {
    cursorTo(this.#stream, 0);
    clearLine(this.#stream, 0);
  }
}

/** `1,204 of 10,000`, or `1,204` where the whole is not known. */
export const outOf = (done: number, total: number | undefined): string =>
  total === undefined ? counted(done) : `${counted(done)} of ${counted(total)}`;

/** A number with commas between thousands, in every locale. */
export const counted = (count: number): string => count.toLocaleString('en-US');
