// Which receiver a test means: by its class and method, or by its stored name.
import { nameOf } from '../core/copies.ts';
import { nearest } from '../core/options.ts';
import type { Class, Receiver } from '../core/receivers.ts';
import type { Signal } from '../core/signal.ts';
import { SignalboxError } from '../errors.ts';

/** The names of the methods of a class, of its objects and its own. */
export type MethodOf<C extends Class> = string & (keyof InstanceType<C> | keyof C);

type MethodType<C extends Class, M extends MethodOf<C>> = M extends keyof InstanceType<C>
  ? InstanceType<C>[M]
  : M extends keyof C
    ? C[M]
    : never;

/** The payload of a receiver's method: of one that takes batches, that of an item. */
export type ReceivedBy<C extends Class, M extends MethodOf<C>> =
  MethodType<C, M> extends (payload: infer P, ...rest: never[]) => unknown
    ? P extends readonly { readonly payload: infer Item; readonly fail: unknown }[]
      ? Item
      : P
    : unknown;

/**
 * The receivers that are meant: one for each signal of the method.
 * @throws SignalboxError `InvalidOption`
 */
export function receiversMeant(
  all: readonly Receiver[],
  of: Class | string,
  method: string | undefined,
  subject: string,
): readonly Receiver[] {
  const found = all.filter(({ name, target }) =>
    typeof of === 'string' ? name === of : target.placement !== 'function' && target.service === of && target.key === method,
  );
  if (found.length > 0) return found;
  const names = [...new Set(all.map(({ name }) => name))];
  const wanted = typeof of === 'string' ? of : `${nameOf(of)}.${method}`;
  const meant = nearest(wanted, names);
  throw new SignalboxError(
    'InvalidOption',
    `${subject}: ${wanted} is no receiver of this box.${meant === undefined ? ` It has ${names.join(', ') || 'none'}.` : ` Did you mean ${meant}?`}`,
  );
}

/** The one of them that receives the signal. @throws SignalboxError `InvalidOption` if several could be meant */
export function oneMeant(found: readonly Receiver[], signal: Signal | undefined, subject: string): Receiver {
  const [only, ...others] = signal === undefined ? found : found.filter((receiver) => receiver.signal === signal);
  if (only && others.length === 0) return only;
  const signals = found.map((receiver) => receiver.signal.name).join(', ');
  throw new SignalboxError(
    'InvalidOption',
    `${subject}: ${found[0]!.name} receives ${signals}${signal === undefined ? '. Say which by the option signal' : `, and not ${signal.name}`}.`,
  );
}
