// The line of the application that sent a statement. Node tells the functions that await a promise, if each promise on the way has one
// reader, and only in a turn after the one in which they began to wait. So what is given to the code that waits is a promise that looks for its reader a
// turn later, whoever else watches it.
const DEEPEST = 60;
/** This package's files as they run, and the sources that a source map names in their place. */
const OWN_FOLDERS = [new URL('../..', import.meta.url).pathname, new URL('../../../src/', import.meta.url).pathname];

/** `file:line:column`, or `undefined` if only Signalbox and other packages are on the stack. */
export function placeOfStatement(): string | undefined {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = DEEPEST;
  const { stack = '' } = new Error('here');
  Error.stackTraceLimit = stackTraceLimit;
  for (const line of stack.split('\n').slice(1)) {
    const place = /\(?((?:file:\/\/)?\/?[^\s()]+:\d+:\d+)\)?$/.exec(line)?.[1]?.replace(/^file:\/\//, '');
    if (place === undefined || place.startsWith('node:') || place.includes('/node_modules/')) continue;
    if (OWN_FOLDERS.some((folder) => place.startsWith(folder))) continue;
    return place;
  }
  return undefined;
}

/** The same as `work`; when it is awaited, the place of that is noted. */
export class Located<T> extends Promise<T> {
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  #work!: Promise<T>;
  #about!: { place?: string | undefined };

  static of<T>(work: Promise<T>, about: { place?: string | undefined }): Located<T> {
    const located = new Located<T>(() => {});
    located.#work = work;
    located.#about = about;
    return located;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- a promise
  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return Located.of(this.#look().then(onFulfilled, onRejected), this.#about);
  }

  async #look(): Promise<T> {
    await Promise.resolve();
    this.#about.place ??= placeOfStatement();
    return this.#work;
  }
}
