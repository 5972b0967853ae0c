// Finds the first part of a value that jsonb cannot store unchanged.
// The fault says where and why; the caller turns it into an error.

/** The first value that JSON or jsonb would change or refuse: its path, as `$.items[2]`, and the reason. */
export interface JsonFault {
  readonly path: string;
  readonly reason: string;
}

const MAX_DEPTH = 200;

/**
 * Finds a value that JSON would change silently (a Date, a bigint, NaN, a Map …) or that jsonb refuses (`\u0000`, lone
 * surrogates). An object's property that is `undefined` passes: JSON leaves it out, and so does an optional property.
 */
export function findJsonFault(value: unknown): JsonFault | undefined {
  return walk(value, '$', 0, new Set());
}

function walk(value: unknown, path: string, depth: number, above: Set<object>): JsonFault | undefined {
  switch (typeof value) {
    case 'string':
      return textFault(value, path);
    case 'number':
      return Number.isFinite(value) ? undefined : { path, reason: `${value} would become null` };
    case 'boolean':
      return undefined;
    case 'undefined':
      return { path, reason: 'undefined cannot be stored; use null or leave the property out' };
    case 'bigint':
      return { path, reason: 'a bigint has no JSON form; give the schema a codec that writes it as text' };
    case 'function':
    case 'symbol':
      return { path, reason: `a ${typeof value} has no JSON form` };
    case 'object':
      return value === null ? undefined : walkObject(value, path, depth, above);
    default:
      return { path, reason: 'its type has no JSON form' };
  }
}

function walkObject(value: object, path: string, depth: number, above: Set<object>): JsonFault | undefined {
  if (above.has(value)) return { path, reason: 'it contains itself' };
  if (depth >= MAX_DEPTH) return { path, reason: `it is nested more than ${MAX_DEPTH} deep` };
  above.add(value);
  const fault =
    shapeFault(value, path) ?? (Array.isArray(value) ? walkArray(value, path, depth, above) : walkProperties(value, path, depth, above));
  above.delete(value);
  return fault;
}

function walkArray(value: readonly unknown[], path: string, depth: number, above: Set<object>): JsonFault | undefined {
  for (let index = 0; index < value.length; index++) {
    const fault = walk(value[index], `${path}[${index}]`, depth + 1, above);
    if (fault) return fault;
  }
  return Object.keys(value).length === value.length ? undefined : { path, reason: 'what a list has beside its items would be lost' };
}

function walkProperties(value: object, path: string, depth: number, above: Set<object>): JsonFault | undefined {
  for (const [key, property] of Object.entries(value)) {
    const at = /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
    const fault = textFault(key, at) ?? (property === undefined ? undefined : walk(property, at, depth + 1, above));
    if (fault) return fault;
  }
  return undefined;
}

function shapeFault(value: object, path: string): JsonFault | undefined {
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    const hint = value instanceof Date ? '; give the schema a codec that writes it as an ISO text' : '';
    return { path, reason: `a ${className(value)} would be changed by its toJSON()${hint}` };
  }
  if (!isPlain(value)) return { path, reason: `a ${className(value)} would lose its class; store a plain object` };
  if (Object.getOwnPropertySymbols(value).length > 0) return { path, reason: 'properties named by a symbol would be lost' };
  return undefined;
}

/** Whether it is a list or an object as JSON makes them, of this realm or another. */
function isPlain(value: object): boolean {
  let prototype: unknown = Object.getPrototypeOf(value);
  if (Array.isArray(value) && Array.isArray(prototype)) prototype = Object.getPrototypeOf(prototype);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function textFault(text: string, path: string): JsonFault | undefined {
  if (text.includes('\u0000')) return { path, reason: 'PostgreSQL refuses the character U+0000' };
  if (!text.isWellFormed()) return { path, reason: 'it holds half of a surrogate pair, which PostgreSQL refuses' };
  return undefined;
}

function className(value: object): string {
  const made: unknown = value.constructor;
  return typeof made === 'function' && made.name ? made.name : 'object';
}
