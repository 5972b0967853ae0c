// An `await` adopts any object with a `then` function: such a payload would be awaited silently inside the transaction
// of its sender, for ever if it never settles. So it is refused.

/** The path of the first object with a `then` function, as `$.items[2]`, at any depth; `undefined` if there is none. */
export function findThenable(value: unknown): string | undefined {
  return typeof value === 'object' || typeof value === 'function' ? walk(value, '$', new Set()) : undefined;
}

/** Whether `await` would adopt it: a promise, or an object that acts as one, as a query of Drizzle does. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  return typeof (value as { then?: unknown }).then === 'function';
}

function walk(value: object | null, path: string, seen: Set<object>): string | undefined {
  if (isThenable(value)) return path;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || seen.has(value)) return undefined;
  seen.add(value);
  const inList = Array.isArray(value);
  for (const key of Object.keys(value)) {
    const inside = (value as Readonly<Record<string, unknown>>)[key];
    if (inside === null || (typeof inside !== 'object' && typeof inside !== 'function')) continue;
    const found = walk(inside, inList ? `${path}[${key}]` : `${path}.${key}`, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}
