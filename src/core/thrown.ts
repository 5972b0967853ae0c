// Reads any thrown value, and never throws itself: getters, proxies and iterators may. A value is read by its shape and not by
// its class: an error of another realm (a vm context, as Jest's) is no instance of this realm's Error, and a DOMException or an
// error of a third party may be none either.

/** Characters of a name. */
export const MAX_NAME = 200;
/** Members of a thrown object that is no error. */
const MAX_KEYS = 20;
const MAX_VALUE = 200;

/** The error's own name, or else that of its class. */
export function errorName(error: unknown): string {
  const name = textOf(read(error, 'name') ?? '');
  // node-postgres names its errors 'error'.
  if (name !== '' && name !== 'Error' && name !== 'error') return clip(name, MAX_NAME);
  const ofClass = textOf(read(read(error, 'constructor'), 'name') ?? '');
  // A minifier leaves one or two letters.
  return clip(ofClass.length > 2 && ofClass !== 'Object' ? ofClass : 'Error', MAX_NAME);
}

/**
 * Whether a value is an error, of any realm or library: recognised by its message, or by its class where the message is
 * no text.
 */
export function isError(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return typeof read(value, 'message') === 'string' || isNative(value);
}

function isNative(value: object): boolean {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

/**
 * Members that may name a failure. Of any other member only the name is reported: it may be a payload, or a request.
 */
const REASONS = new Set('name message error reason code status statusCode statusText title detail type errno syscall'.split(' '));

/** A thrown value that is no error. */
export function describe(value: unknown): string {
  if (typeof value === 'function') return `function ${textOf(read(value, 'name') ?? '') || '(anonymous)'}`;
  if (typeof value !== 'object' || value === null) return textOf(value);
  if (isList(value)) return `[${value.length} items]`;
  if (ArrayBuffer.isView(value)) return '[bytes]';
  const members = keysOf(value)
    .slice(0, MAX_KEYS)
    .map((key) => [clip(key, MAX_NAME), REASONS.has(key) ? simplified(read(value, key)) : '…'] as const);
  return JSON.stringify(Object.fromEntries(members));
}

function simplified(value: unknown): string | number | boolean | null {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  return typeof value === 'string' || typeof value === 'bigint' ? clip(String(value), MAX_VALUE) : '…';
}

/** Whether a value is an array, of any realm. */
export function isList(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    // A proxy that was revoked.
    return false;
  }
}

/** By index: an iterator may have no end. */
export function firstOf(list: readonly unknown[], most: number): unknown[] {
  return Array.from({ length: Math.min(most, list.length) }, (_, index) => read(list, index));
}

function keysOf(value: object): string[] {
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}

/** A member; `undefined` if it cannot be read. */
export function read(value: unknown, key: string | number): unknown {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return undefined;
  try {
    return (value as Record<string | number, unknown>)[key];
  } catch {
    return undefined;
  }
}

/** The text of a simple value; empty for an object, whose own conversion may run any code. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null) return 'null';
  // oxlint-disable-next-line typescript/no-base-to-string -- no object comes here
  return typeof value === 'object' || typeof value === 'function' ? '' : String(value);
}

/** The text, bounded, and without the characters that jsonb refuses. */
export function clip(text: string, length: number): string {
  const clean = text.slice(0, length).replaceAll('\u0000', '').toWellFormed();
  return text.length > length ? `${clean}…` : clean;
}
