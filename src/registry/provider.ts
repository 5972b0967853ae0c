// How a thing that is injected comes about: the three kinds of provider.
import type { Class } from '../core/receivers.ts';
import { Token } from '../core/token.ts';
import type { Injectable, Injected, Scope } from '../decorators/service.ts';

/**
 * Where the value of an injectable comes from: `useValue` is the value, `useClass` a class that is made, `useFactory` a
 * function that is called with what `inject` lists. `scope` is `'singleton'` unless it says otherwise.
 */
export type Provider<T> =
  | { readonly useValue: T }
  | { readonly useClass: Class<T> }
  | {
      /** Called with what `inject` lists. */
      readonly useFactory: (...args: never[]) => T;
      readonly inject?: readonly Injectable[];
      readonly scope?: Scope;
    };

/** A provider together with what it provides. */
export interface Provision {
  /** What is asked for. */
  readonly token: Injectable;
  /** Where it comes from. */
  readonly provider: Provider<unknown>;
}

/**
 * Says where an injectable comes from: a value, another class, or a factory with its own list of injectables.
 * @example
 * provide(CLOCK, { useValue: () => new Date() })
 * provide(Mailer, { useClass: SmtpMailer })
 * provide(STRIPE, { useFactory: (config: Config) => new Stripe(config.key), inject: [Config] })
 */
export function provide<T>(token: Injectable<T>, provider: { useValue: NoInfer<T> }): Provision;
export function provide<T>(token: Injectable<T>, provider: { useClass: Class<NoInfer<T>> }): Provision;
export function provide<T, const List extends readonly Injectable[] = readonly []>(
  token: Injectable<T>,
  provider: { useFactory: (...args: Injected<List>) => NoInfer<T>; inject?: List; scope?: Scope },
): Provision;
export function provide(token: Injectable, provider: Provider<unknown>): Provision {
  return { token, provider };
}

/** The name of an injectable in messages. */
export function injectableName(token: unknown): string {
  if (token instanceof Token) return `Token(${token.description})`;
  if (typeof token === 'function') return token.name || 'an anonymous class';
  return String(token);
}
