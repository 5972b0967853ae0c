// Uses of the decorators, in a form that is valid both as legacy and as standard decorators: the same file runs in each
// mode, and must have the same results.
import { z } from 'zod';
import {
  defineSignal,
  inject,
  callOf,
  isSignalboxError,
  OnSignal,
  type Receiver,
  receiversOf,
  Registry,
  Service,
  Transactional,
} from './signalbox.ts';

const first = defineSignal('cases.first', z.object({}));
const second = defineSignal('cases.second', z.object({}));
const detached = Symbol('detached');

@Service()
class Log {
  readonly calls: string[] = [];
}

@Service()
class Plain {
  readonly log = inject(Log);

  @OnSignal(first)
  async receive(): Promise<void> {
    this.log.calls.push('Plain.receive');
  }
}

class Stacked {
  @OnSignal(first)
  @OnSignal(second, { name: 'Stacked.onSecond' })
  async both(): Promise<void> {}

  @OnSignal(second)
  static async fixed(): Promise<string> {
    return `static of ${this.name}`;
  }
}

class Base {
  readonly log = inject(Log);

  @OnSignal(first)
  async inherited(): Promise<void> {
    this.log.calls.push(`Base.inherited of ${this.constructor.name}`);
  }

  @OnSignal(first)
  async overridden(): Promise<void> {
    this.log.calls.push('Base.overridden');
  }
}

class Child extends Base {
  override async overridden(): Promise<void> {
    this.log.calls.push('Child.overridden');
  }

  @OnSignal(second)
  async added(): Promise<void> {}
}

class Retagged extends Base {
  @OnSignal(first, { queue: 'slow' })
  override async overridden(): Promise<void> {}
}

class StaticChild extends Stacked {}

class TaggedMore extends Base {
  @OnSignal(second)
  override async inherited(): Promise<void> {}
}

class Grandchild extends Child {
  @OnSignal(first, { name: 'Grandchild.pinned' })
  override async overridden(): Promise<void> {}
}

/** One key, on the class and on its objects. */
class BothPlaces {
  @OnSignal(first)
  static async act(): Promise<void> {}

  @OnSignal(first, { name: 'BothPlaces.ofObject' })
  async act(): Promise<void> {}
}

const COMPUTED = 'onComputed';

class Computed {
  @OnSignal(first)
  async [COMPUTED](): Promise<void> {}
}

class Atomic {
  @OnSignal(first)
  @Transactional()
  async outer(): Promise<void> {}

  @Transactional()
  @OnSignal(second)
  async inner(): Promise<void> {}
}

@Service({ inject: [Log] })
class Injected {
  constructor(readonly log: Log) {}
}

class Listed {
  @OnSignal([first, second], { formerly: ['Listed.before'] })
  async any(): Promise<void> {}
}

@Service({ name: 'Pinned' })
class Renamed {
  @OnSignal(first)
  async receive(): Promise<void> {}

  @OnSignal(second, { name: 'Old.name' })
  async other(): Promise<void> {}
}

class Options {
  @OnSignal(first, { queue: 'mail', priority: -5, retry: { attempts: 2, delay: '1m' }, timeout: '2s', transactional: false })
  async receive(): Promise<void> {}
}

class Symbolic {
  @OnSignal(first, { name: 'Symbolic.detached' })
  async [detached](): Promise<void> {}
}

class NamelessSymbol {
  @OnSignal(first)
  async [detached](): Promise<void> {}
}

class Methods {
  @Transactional()
  async transactional(): Promise<void> {}
}

/** Called by hand, like a compiler does: a decorator in the wrong place is refused. */
type Loose = (...args: unknown[]) => unknown;
const apply = (...args: unknown[]): void => void (OnSignal(first) as Loose)(...args);
const method = async (): Promise<void> => {};

function codeOf(act: () => unknown): unknown {
  try {
    act();
    return 'accepted';
  } catch (error) {
    return isSignalboxError(error) ? error.code : error;
  }
}

const names = (...services: (abstract new () => object)[]): string[] =>
  receiversOf(services)
    .all.map(({ name, signal }) => `${name} <- ${signal.name}`)
    .toSorted((a, b) => (a < b ? -1 : 1));

/** The results, by name of the case. */
export async function observe(): Promise<Record<string, unknown>> {
  const called = new Registry([
    { token: Plain, provider: { useClass: Plain } },
    { token: Child, provider: { useClass: Child } },
  ]);
  for (const receiver of receiversOf([Plain, Child]).all) await (await callOf(receiver, called))({}, {});
  const fixed = (service: typeof Stacked): Receiver => receiversOf([service]).all.find(({ target }) => target.placement === 'static')!;
  const { target: _target, signal: _signal, ...options } = receiversOf([Options]).all[0]!;
  return {
    plain: names(Plain),
    stacked: names(Stacked),
    inherited: names(Child),
    parentKeepsItsOwn: names(Base),
    retagged: receiversOf([Retagged])
      .all.map(({ name, queue }) => `${name} in ${queue}`)
      .toSorted((a, b) => (a < b ? -1 : 1)),
    siblings: names(Child, Retagged, Base),
    inheritedStatic: names(StaticChild),
    taggedMore: names(TaggedMore),
    grandchild: names(Grandchild),
    bothPlaces: receiversOf([BothPlaces])
      .all.map(({ name, target }) => `${name}: ${target.placement}`)
      .toSorted((a, b) => (a < b ? -1 : 1)),
    computed: names(Computed),
    atomic: names(Atomic),
    injected: called.get(Injected).log === called.get(Log),
    listed: [names(Listed), receiversOf([Listed]).all.map(({ formerly }) => formerly)],
    renamed: names(Renamed),
    symbolic: names(Symbolic),
    namelessSymbol: codeOf(() => names(NamelessSymbol)),
    options,
    calls: called.get(Log).calls.toSorted((a, b) => (a < b ? -1 : 1)),
    staticCall: await (await callOf(fixed(Stacked), called))({}, {}),
    inheritedStaticCall: await (await callOf(fixed(StaticChild), called))({}, {}),
    transactionalName: Methods.prototype.transactional.name,
    onPrivate: codeOf(() => apply(method, { kind: 'method', name: '#x', private: true, static: false, metadata: {} })),
    onField: [
      codeOf(() => apply(undefined, { kind: 'field', name: 'x', private: false, metadata: {} })),
      codeOf(() => apply({}, 'x', undefined)),
    ],
    onGetter: [
      codeOf(() => apply(method, { kind: 'getter', name: 'x', private: false, metadata: {} })),
      codeOf(() => apply({}, 'x', { get: method })),
    ],
    onClass: [codeOf(() => apply(Plain, { kind: 'class', name: 'Plain', metadata: {} })), codeOf(() => apply(Plain))],
    withoutMetadata: codeOf(() => apply(method, { kind: 'method', name: 'x', private: false, static: false })),
    ofNoSignal: [
      codeOf(() => OnSignal(undefined as never)),
      codeOf(() => OnSignal([] as never)),
      codeOf(() => OnSignal([first, undefined] as never)),
    ],
    transactionalOnField: codeOf(() => (Transactional() as Loose)(undefined, { kind: 'field', name: 'x' })),
  };
}
