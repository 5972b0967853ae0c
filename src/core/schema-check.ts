// Decides once, when a signal is defined, whether the values of its Zod schema can be written as JSON and read back.
// The walk follows the stored side of the schema: the input of a codec, because that is written. The output of a codec
// may be of any type, as long as the codec can be undone.
import type { $ZodType, $ZodTypes } from 'zod/v4/core';

/** Why a schema cannot carry a payload: the path to the fault (as `$.when`), and the remedy. */
export interface SchemaFault {
  readonly path: string;
  readonly reason: string;
}

/** The first part of the schema that cannot be stored, or `undefined`. */
export function findSchemaFault(schema: $ZodType): SchemaFault | undefined {
  return walk(schema, '$', 'stored', { stored: new Set(), given: new Set() });
}

/** The form of a value that a schema describes: the stored JSON, or the value that a codec makes of it. */
type Side = 'stored' | 'given';

function walk(schema: $ZodType, path: string, side: Side, seen: Record<Side, Set<$ZodType>>): SchemaFault | undefined {
  if (!isSchema(schema))
    return { path, reason: 'this is no Zod 4 schema; where it is undefined, modules may import each other in a circle' };
  if (seen[side].has(schema)) return undefined;
  seen[side].add(schema);
  const def = (schema as $ZodTypes)._zod.def;
  const next = (inner: $ZodType, at = path): SchemaFault | undefined => walk(inner, at, side, seen);
  switch (def.type) {
    case 'object': {
      for (const [key, property] of Object.entries(def.shape)) {
        const fault = next(property, `${path}.${key}`);
        if (fault) return fault;
      }
      return def.catchall && def.catchall._zod.def.type !== 'never' ? next(def.catchall, `${path}.*`) : undefined;
    }
    case 'array':
      return next(def.element, `${path}[]`);
    case 'tuple':
      return (
        first(def.items.map((item, index) => () => next(item, `${path}[${index}]`))) ?? (def.rest ? next(def.rest, `${path}[]`) : undefined)
      );
    case 'record':
      return next(def.keyType, `${path}{key}`) ?? next(def.valueType, `${path}.*`);
    case 'union':
      return first(def.options.map((option) => () => next(option)));
    case 'intersection':
      return next(def.left) ?? next(def.right);
    case 'optional':
    case 'nullable':
    case 'nonoptional':
    case 'readonly':
    case 'default':
    case 'prefault':
    case 'catch':
      return next(def.innerType);
    case 'lazy':
      return next(def.getter());
    case 'pipe':
      return next(def.in) ?? walk(def.out, path, isCodec(schema) || isCodec(def.in) ? 'given' : side, seen);
    case 'transform':
      return { path, reason: 'a transform or preprocess works one way only; use z.codec(), which can be undone' };
    default:
      return side === 'stored' ? leafFault(def, path) : undefined;
  }
}

/** The fault of a schema without parts. */
function leafFault(def: $ZodTypes['_zod']['def'], path: string): SchemaFault | undefined {
  switch (def.type) {
    case 'literal':
      return def.values.every((value) => typeof value !== 'bigint' && value !== undefined)
        ? undefined
        : { path, reason: 'a literal bigint or undefined has no JSON form' };
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
    case 'enum':
    case 'template_literal':
    case 'any':
    case 'unknown':
    case 'never':
    case 'custom':
      return undefined;
    case 'date':
      return { path, reason: 'a Date has no JSON form; use z.codec(z.iso.datetime(), z.date(), …)' };
    case 'bigint':
      return { path, reason: 'a bigint has no JSON form; use z.codec(z.string(), z.bigint(), …)' };
    case 'undefined':
    case 'void':
      return { path, reason: `z.${def.type}() has no JSON form; use z.null(), or z.object({}) for a signal without content` };
    default:
      return { path, reason: `z.${def.type}() has no JSON form` };
  }
}

/** A pipe with an inverse of its own; in a plain pipe both ends take part in writing. */
const isCodec = (schema: $ZodType): boolean => 'reverseTransform' in schema._zod.def;

/** JavaScript may pass a signal any value. */
function isSchema(value: unknown): value is $ZodType {
  return typeof value === 'object' && value !== null && '_zod' in value;
}

function first(checks: readonly (() => SchemaFault | undefined)[]): SchemaFault | undefined {
  for (const check of checks) {
    const fault = check();
    if (fault) return fault;
  }
  return undefined;
}
