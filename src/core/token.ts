// A token stands for an injected value that has no class.

/** Under a registered symbol: another copy of the package may have made it. */
const TOKEN = Symbol.for('signalbox.token');

/**
 * Stands for an injected value of type `T`.
 * @example
 * const CLOCK = new Token<() => Date>('clock');
 */
export class Token<T> {
  declare protected readonly type: T;
  /** Shown in error messages. */
  readonly description: string;

  /** @param description names the token in error messages; two tokens of the same description are different tokens */
  constructor(description: string) {
    this.description = description;
    Object.defineProperty(this, TOKEN, { value: true });
  }
}

export function isToken(value: unknown): value is Token<unknown> {
  return typeof value === 'object' && value !== null && TOKEN in value;
}
