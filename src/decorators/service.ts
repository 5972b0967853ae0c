// @Service: marks a class as one that the registry may make, pins its stored name, and lists the parameters of its
// constructor where the compiler does not emit them. It decides nothing.
import './metadata.ts';
import { nameOf, readTag, writeTag } from '../core/copies.ts';
import { checkOptions, type OptionTable } from '../core/options.ts';
import type { Class } from '../core/receivers.ts';
import { listOf, oneOf, storedName } from '../core/rules.ts';
import type { Token } from '../core/token.ts';
import { SignalboxError } from '../errors.ts';
import { markService } from './process-wide.ts';

/** A key of an injected value: a class, or a token for a value that has no class. */
export type Injectable<T = unknown> = Class<T> | Token<T>;

/** The values that a list of injectables stands for. */
export type Injected<List extends readonly Injectable[]> = {
  [Index in keyof List]: List[Index] extends Token<infer T> ? T : List[Index] extends Class<infer T> ? T : never;
};

/** Options of `@Service`. */
export interface ServiceOptions {
  /** The class's part of stored receiver names, in place of its own name. Pin it against minifiers and renames. */
  name?: string;
  /** `'singleton'` (the default): one object for the box. `'transient'`: a new one each time it is injected. */
  scope?: Scope;
}

/** The lifetime of a value in the registry: one for the box, or a new one for each injection. */
export type Scope = 'singleton' | 'transient';

/** The content of `@Service` on a class. */
export interface ServiceTag extends ServiceOptions {
  readonly inject?: readonly Injectable[];
}

const OPTIONS: OptionTable<ServiceTag> = { name: storedName, scope: oneOf('singleton', 'transient'), inject: listOf('what is injected') };

type ServiceDecorator<C> = <T extends C>(target: T, context?: ClassDecoratorContext) => void;

/**
 * Marks a class as a service, which the registry makes with its dependencies.
 * Its constructor's parameters are injected by their types where the compiler emits them (`emitDecoratorMetadata`,
 * with `reflect-metadata` imported first); elsewhere list them in `inject`, which is checked against the constructor.
 * @throws SignalboxError `InvalidDecorator` on anything but a class; `InvalidOption`
 * @example
 * \@Service({ inject: [Mailer, CLOCK] })
 * class Billing { constructor(readonly mailer: Mailer, readonly clock: () => Date) {} }
 */
export function Service(options?: ServiceOptions & { inject?: never }): ServiceDecorator<Class>;
export function Service<const List extends readonly Injectable[]>(
  options: ServiceOptions & { inject: List },
): ServiceDecorator<abstract new (...args: Injected<List>) => object>;
export function Service(options: ServiceTag = {}): ServiceDecorator<Class> {
  if (typeof options === 'function')
    throw new SignalboxError('InvalidDecorator', `@Service stands on ${nameOf(options)} without parentheses. Write @Service().`);
  checkOptions(options, OPTIONS, '@Service');
  return (target, context) => {
    // Only TypeScript refuses the other places. A legacy decorator of a member gets its key in place of the context.
    if (typeof target !== 'function' || (context !== undefined && context.kind !== 'class'))
      throw new SignalboxError('InvalidDecorator', '@Service stands on something that is no class. Put it on a class.');
    tagService(target, options);
    markService(target);
  };
}

const TAG = Symbol.for('signalbox.service');

export const tagService = (service: Class, options: ServiceTag): ServiceTag => writeTag(service, TAG, options);

/** The content of `@Service` on exactly this class, if any. @throws SignalboxError `IncompatibleCopy` */
export function serviceTag(service: Class<unknown>): ServiceTag | undefined {
  return readTag(service, TAG, nameOf(service)) as ServiceTag | undefined;
}

/** Whether `@Service` is on the class, or on one that it extends. @throws SignalboxError `IncompatibleCopy` */
export function isService(service: Class): boolean {
  for (let at: unknown = service; typeof at === 'function' && at !== Function.prototype; at = Object.getPrototypeOf(at))
    if (serviceTag(at as Class)) return true;
  return false;
}
