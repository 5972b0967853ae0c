// Whether a payload is like an expected one, and how that is told.
import { isDeepStrictEqual } from 'node:util';
import { show } from './show.ts';

/** Some members of a payload, each deeply equal, or a function that accepts the payload. */
export type Like<Payload> = Partial<Payload> | ((payload: Payload) => boolean);

export function isLike<Payload>(payload: Payload, expected: Like<Payload> | undefined): boolean {
  if (expected === undefined) return true;
  if (typeof expected === 'function') return expected(payload);
  if (!isObject(payload) || !isObject(expected)) return isDeepStrictEqual(payload, expected);
  return Object.entries(expected).every(([key, value]) => key in payload && isDeepStrictEqual(payload[key], value));
}

/** For the middle of a sentence. */
export function tellLike(expected: unknown): string {
  if (expected === undefined) return ',';
  return typeof expected === 'function' ? ', its payload accepted by the function,' : `, its payload like ${show(expected)},`;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
