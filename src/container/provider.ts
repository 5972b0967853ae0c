// The three kinds of provider, by which an injected value comes about.
import { nameOf } from '../core/copies.ts';
import { checkOptions, type OptionTable, show } from '../core/options.ts';
import type { Class } from '../core/receivers.ts';
import { anything, callable, listOf, oneOf } from '../core/rules.ts';
import { isToken } from '../core/token.ts';
import type { Injectable, Injected, Scope } from '../decorators/service.ts';
import { SignalboxError } from '../errors.ts';

/**
 * The source of an injectable: `useValue` is the value, `useClass` a class that is made, `useFactory` a function that
 * is called with the values that `inject` lists. `scope` is `'singleton'` by default.
 */
export type Provider<T> =
  | { readonly useValue: T }
  | { readonly useClass: Class<T> }
  | {
      /** Called with the values that `inject` lists. */
      readonly useFactory: (...args: never[]) => T;
      readonly inject?: readonly Injectable[];
      readonly scope?: Scope;
    };

/** A provider together with its injectable. */
export interface Provision {
  /** The injectable. */
  readonly token: Injectable;
  /** Its source. */
  readonly provider: Provider<unknown>;
}

/**
 * A provision in one object, as NestJS writes it: `{ provide: CLOCK, useValue }`. The compiler does not check the value
 * against the token.
 */
export type ProviderLiteral = Provider<unknown> & {
  /** The injectable. */
  readonly provide: Injectable;
};

/**
 * Names the source of an injectable: a value, another class, or a factory with its own list of injectables.
 * @throws SignalboxError `InvalidOption`
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
  return checkProvision({ token, provider }, 'provide');
}

const FACTORY: OptionTable<Extract<Provider<unknown>, { useFactory: unknown }>> = {
  useFactory: callable,
  inject: listOf('what is injected'),
  scope: oneOf('singleton', 'transient'),
};

/** The members of each kind of provider. */
const KINDS = {
  useValue: { useValue: anything },
  useClass: { useClass: callable },
  useFactory: FACTORY,
};

/** The given provision, if it is valid. @throws SignalboxError `InvalidOption` */
export function checkProvision(provision: Provision | null | undefined, subject: string): Provision {
  const { token, provider } = provision ?? {};
  const wrong = (what: string): SignalboxError => new SignalboxError('InvalidOption', `${subject}: ${what}`);
  if (!isInjectable(token))
    throw wrong(
      `the provided value is ${show(token)}${token === undefined ? ': most likely two files import each other' : ''}. Give a class or a Token, as in provide(Mailer, { useValue: mailer }).`,
    );
  const given = typeof provider === 'object' && provider !== null ? provider : {};
  const kind = (['useValue', 'useClass', 'useFactory'] as const).filter((key) => key in given);
  if (kind.length !== 1)
    throw wrong(
      `${injectableName(token)} is provided by ${show(provider)}. Give one of { useValue }, { useClass } and { useFactory, inject, scope }.`,
    );
  const required = kind[0] === 'useValue' ? [] : kind;
  checkOptions(given, KINDS[kind[0]!], `${subject}(${injectableName(token)})`, { required });
  return provision!;
}

/** The provision, given in either form. @throws SignalboxError `InvalidOption` */
export function provisionOf(given: Provision | ProviderLiteral, subject: string): Provision {
  if (typeof given !== 'object' || given === null || !('provide' in given)) return checkProvision(given, subject);
  const { provide: token, ...provider } = given;
  return checkProvision({ token, provider }, subject);
}

/** Whether a value is a class or a token. */
export function isInjectable(token: unknown): token is Injectable {
  return typeof token === 'function' || isToken(token);
}

/** The name of an injectable in messages. */
export function injectableName(token: unknown): string {
  if (isToken(token)) return `Token(${token.description})`;
  if (typeof token === 'function') return nameOf(token);
  return String(token);
}
