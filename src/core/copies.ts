// Several copies of this package in one process understand each other: pnpm makes two of them from two versions of a
// peer, bundlers one for each entry, a monorepo one for each project. Anything that one copy makes and another reads
// carries a format; an object of another format is refused by name, because it would otherwise look like an object
// without a tag.
import { SignalboxError } from '../errors.ts';

/** Raised when a copy with the old format can no longer read the objects of a copy with the new one. */
export const FORMAT = 1;

interface Tag<T> {
  readonly format: number;
  readonly value: T;
}

/** Attaches `value` to `holder` itself: subclasses do not inherit it, and no enumeration lists it. */
export function writeTag<T>(holder: object, key: symbol, value: T): T {
  Object.defineProperty(holder, key, { value: { format: FORMAT, value } satisfies Tag<T>, configurable: true });
  return value;
}

/**
 * The value attached to `holder` itself.
 * @param name of the holder, in messages
 * @throws SignalboxError `IncompatibleCopy`
 */
export function readTag(holder: object, key: symbol, name: string): unknown {
  if (!Object.hasOwn(holder, key)) return undefined;
  const tag = (holder as Readonly<Record<symbol, Partial<Tag<unknown>> | undefined>>)[key];
  if (tag?.format !== FORMAT) throw incompatible(name);
  return tag.value;
}

export function incompatible(name: string): SignalboxError<'IncompatibleCopy'> {
  return new SignalboxError(
    'IncompatibleCopy',
    `${name} comes from a copy of signalbox that this one cannot work with: their versions are too far apart. Install one version for all parts of the program (npm ls signalbox, pnpm why signalbox).`,
  );
}

/** The name of a class in messages. */
export const nameOf = (service: { readonly name: string }): string => service.name || 'an anonymous class';
