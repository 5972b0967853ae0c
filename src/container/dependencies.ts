// Finds the dependencies of an injectable: those that its provider lists, and the parameters of a class's constructor,
// from @Service({ inject }) or from the types that the compiler emitted.
import { nameOf } from '../core/copies.ts';
import type { Class } from '../core/receivers.ts';
import { type Injectable, serviceTag } from '../decorators/service.ts';
import { SignalboxError } from '../errors.ts';
import type { Provider } from './provider.ts';

interface MetadataReader {
  getOwnMetadata?(key: string, target: object): unknown;
}

/**
 * The needs of `provider` for making `token`. A class that stands in for another needs only itself.
 * @throws SignalboxError `MissingMetadata`
 */
export function needsOf(token: Injectable, provider: Provider<unknown>): readonly Injectable[] {
  if ('useValue' in provider) return [];
  if ('useFactory' in provider) return provider.inject ?? [];
  return provider.useClass === token ? dependenciesOf(provider.useClass as Class) : [provider.useClass];
}

/**
 * The injectables that the constructor of `service` takes, in order.
 * A class whose constructor names no parameters takes what its parent takes: most likely it has none of its own.
 * @throws SignalboxError `MissingMetadata`
 */
function dependenciesOf(service: Class): readonly Injectable[] {
  for (let at: unknown = service; typeof at === 'function' && at !== Function.prototype; at = Object.getPrototypeOf(at)) {
    const listed = serviceTag(at as Class)?.inject;
    if (listed) return checkListed(service, listed);
    const emitted = (Reflect as MetadataReader).getOwnMetadata?.('design:paramtypes', at);
    if (Array.isArray(emitted)) return checkEmitted(service, emitted);
    if (at.length > 0) throw unknownParameters(service, at as Class);
  }
  return [];
}

function unknownParameters(service: Class, owner: Class): SignalboxError {
  const what = `takes ${owner.length} parameter${owner.length === 1 ? '' : 's'}, and nothing says what they are`;
  const [subject, list] =
    owner === service
      ? [nameOf(service), 'List them with @Service({ inject: [...] })']
      : [
          `${nameOf(owner)}, which ${nameOf(service)} extends,`,
          `List what ${nameOf(service)} takes with @Service({ inject: [...] }), be it nothing`,
        ];
  return new SignalboxError(
    'MissingMetadata',
    `The constructor of ${subject} ${what}. ${list}; or put @Service() on ${nameOf(owner)}, compile with "experimentalDecorators" and "emitDecoratorMetadata" ` +
      `(tsc, swc and oxc emit the types, esbuild and tsx do not) and import 'reflect-metadata' before anything else.${vitestHint()}`,
  );
}

/** Vitest reads the options of tsconfig.json for some files only. */
const vitestHint = (): string =>
  globalThis.process?.env['VITEST']
    ? " In Vitest, legacy decorators need oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } } and test: { setupFiles: ['reflect-metadata'] } in vitest.config.ts."
    : '';

function checkListed(service: Class, listed: readonly Injectable[]): readonly Injectable[] {
  const index = listed.findIndex((item) => item === undefined);
  if (index >= 0)
    throw new SignalboxError(
      'MissingMetadata',
      `@Service({ inject }) of ${nameOf(service)} holds undefined at position ${index + 1}: most likely two files import each other. Move one of the classes.`,
    );
  return listed;
}

const UNINJECTABLE = new Set<unknown>([Object, String, Number, Boolean, Function, Array, Symbol, BigInt, Promise, undefined]);

function checkEmitted(service: Class, emitted: readonly unknown[]): readonly Injectable[] {
  const index = emitted.findIndex((type) => UNINJECTABLE.has(type));
  if (index >= 0)
    throw new SignalboxError(
      'MissingMetadata',
      `Parameter ${index + 1} of the constructor of ${nameOf(service)} has a type that cannot be injected: at run time it is ` +
        `${(emitted[index] as { name?: string } | undefined)?.name ?? 'undefined'} (an interface, a primitive, an "import type", or two files that import each other). ` +
        'Use a class, or list the parameters with @Service({ inject: [...] }) and a Token for this one.',
    );
  return emitted as readonly Injectable[];
}
