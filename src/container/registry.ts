// The DI registry: makes services with their dependencies, singletons by default, and names the whole path when
// a dependency is missing or circular. One registry belongs to one box.
import { type Maker, processWide } from '../decorators/process-wide.ts';
import { type Injectable, serviceTag, type Scope } from '../decorators/service.ts';
import { show } from '../core/options.ts';
import { SignalboxError } from '../errors.ts';
import { needsOf } from './dependencies.ts';
import { injectableName, isInjectable, type Provider, type Provision } from './provider.ts';

/** The registry that made an object, if any: of this copy of the package or of another. */
export function registryOf(made: object): Maker | undefined {
  return processWide().makers.get(made);
}

/**
 * Injects from inside a constructor, a field initialiser or a factory, where the compiler emits no types.
 * @throws SignalboxError `NoInjectionContext` outside of a construction by the registry; as `box.get`
 * @example
 * class Billing { private readonly mailer = inject(Mailer); }
 */
export function inject<T>(token: Injectable<T>): T {
  const { construction } = processWide();
  if (!construction)
    throw new SignalboxError(
      'NoInjectionContext',
      `inject(${injectableName(token)}) was called outside of a constructor that the registry runs. Get the object from the box: box.get(${injectableName(token)}).`,
    );
  return construction.maker.resolve(token, construction.path);
}

/**
 * Another container: returns the object that a class or token stands for, or a promise of it. `undefined` and `null`
 * mean that the container has none; the registry then throws `MissingProvider`.
 */
export type Container = (token: Injectable) => unknown;

/** Runs `work` outside of the transaction in which the running code is. */
export type Outside = <T>(work: () => T) => T;

export class Registry implements Maker {
  readonly #providers = new Map<Injectable, Provider<unknown>>();
  readonly #singletons = new Map<Injectable, unknown>();
  readonly #container: Container | undefined;
  readonly #outside: Outside;

  /**
   * @param container makes what no provision names, in place of this registry
   * @param outside runs a construction outside of the current transaction, because the object outlives that
   */
  constructor(provisions: readonly Provision[], container?: Container, outside: Outside = (work) => work()) {
    this.#container = container;
    this.#outside = outside;
    for (const { token, provider } of provisions) this.#providers.set(token, provider);
    this.#standIns(provisions);
  }

  /** Adds provisions. Earlier ones of the same token, such as overrides, take precedence. */
  provide(provisions: readonly Provision[]): void {
    for (const { token, provider } of provisions) if (!this.#providers.has(token)) this.#providers.set(token, provider);
    this.#standIns(provisions);
  }

  /** Registers an object that this registry did not make, as if it had. */
  adopt(made: unknown): void {
    if (typeof made === 'object' && made !== null) processWide().makers.set(made, this);
  }

  /** A class that stands in for another may be made even without @Service. */
  #standIns(provisions: readonly Provision[]): void {
    for (const { provider } of provisions)
      if ('useClass' in provider && !this.#providers.has(provider.useClass)) this.#providers.set(provider.useClass, provider);
  }

  /**
   * Another container may answer with a promise.
   * @throws SignalboxError `MissingProvider`, `CircularDependency`, `MissingMetadata`, and whatever a constructor
   *   throws
   */
  get<T>(token: Injectable<T>): T {
    if (this.#singletons.has(token)) return this.#singletons.get(token) as T;
    // A constructor may call the box itself: the path goes on, or a circle would end in a stack overflow.
    const { construction } = processWide();
    return this.#outside(() => this.resolve(token, construction?.maker === this ? construction.path : []));
  }

  /** @internal `path` lists the constructions under way, outermost first. */
  resolve<T>(token: Injectable<T>, path: readonly Injectable[]): T {
    if (this.#singletons.has(token)) return this.#singletons.get(token) as T;
    const provider = this.sourceOf(token, path);
    if (!provider) return this.#fromContainer(this.#container!, token) as T;
    const made = this.#make(provider, [...path, token]);
    if (scopeOf(provider) === 'singleton') this.#singletons.set(token, made);
    return made as T;
  }

  /** @internal The source of `token`, which the last of `path` needs; `undefined`: the other container. */
  sourceOf(token: Injectable, path: readonly Injectable[]): Provider<unknown> | undefined {
    // Another container may have names and symbols as keys.
    if (this.#container ? token === undefined || token === null : !isInjectable(token)) throw notInjectable(token, path);
    if (path.includes(token))
      throw new SignalboxError(
        'CircularDependency',
        `Services need each other in a circle: ${route([...path.slice(path.indexOf(token)), token])}. Move what they share into a third one, or let one emit a signal that the other receives.`,
      );
    const provided = this.#providers.get(token);
    return provided ?? (this.#container ? undefined : selfProvider(token, path));
  }

  #make(provider: Provider<unknown>, path: readonly Injectable[]): unknown {
    if ('useValue' in provider) return provider.useValue;
    const args = needsOf(path.at(-1)!, provider).map((need) => this.resolve(need, path));
    if ('useFactory' in provider) return this.#construct(path, () => provider.useFactory(...(args as never[])));
    const service = provider.useClass as unknown as new () => object;
    return service === path.at(-1) ? this.#construct(path, () => Reflect.construct(service, args) as object) : args[0];
  }

  /** The container decides how long its objects live. They are adopted by this registry, for @Transactional. */
  #fromContainer(container: Container, token: Injectable): unknown {
    const adopt = (made: unknown): unknown => {
      if (made === undefined || made === null)
        throw new SignalboxError(
          'MissingProvider',
          `The container given as \`resolve\` has no ${injectableName(token)}. Register it there.`,
        );
      this.adopt(made);
      return made;
    };
    const made = container(token);
    return made instanceof Promise ? made.then(adopt) : adopt(made);
  }

  #construct(path: readonly Injectable[], build: () => unknown): unknown {
    const common = processWide();
    const outer = common.construction;
    common.construction = { maker: this, path };
    try {
      const made = build();
      this.adopt(made);
      return made;
    } finally {
      common.construction = outer;
    }
  }
}

function notInjectable(token: unknown, path: readonly Injectable[]): SignalboxError {
  const needed = path.length > 0 ? `, needed by ${route(path)},` : '';
  const circle = token === undefined ? ' Most likely two files import each other.' : '';
  return new SignalboxError(
    'InvalidOption',
    `${show(token)}${needed} is nothing that can be injected.${circle} Ask for a class or a Token.`,
  );
}

/** A class that carries @Service provides itself. */
function selfProvider(token: Injectable, path: readonly Injectable[]): Provider<unknown> {
  if (typeof token === 'function' && serviceTag(token)) return { useClass: token };
  const needed = path.length > 0 ? ` (${route([...path, token])})` : '';
  const mend =
    typeof token === 'function'
      ? `Put @Service() on ${injectableName(token)}, or add provide(${injectableName(token)}, …) to \`providers\`.`
      : `Add provide(…, { useValue }) for it to \`providers\`.`;
  throw new SignalboxError('MissingProvider', `Nothing provides ${injectableName(token)}${needed}. ${mend}`);
}

function scopeOf(provider: Provider<unknown>): Scope {
  if ('useValue' in provider) return 'singleton';
  if ('useFactory' in provider) return provider.scope ?? 'singleton';
  return serviceTag(provider.useClass)?.scope ?? 'singleton';
}

const route = (path: readonly Injectable[]): string => path.map(injectableName).join(' → ');
