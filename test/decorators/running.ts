// The behaviour of decorated classes in a box, only through the public interface, in a form that is valid in both
// modes. Every receiver is `transactional: false`: emitRobust then reaches it without a connection, and returns its
// name.
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { z } from 'zod';
import {
  createSignalbox,
  Db,
  defineSignal,
  isSignalboxError,
  OnSignal,
  provide,
  Service,
  type Signal,
  Token,
  Transactional,
} from './signalbox.ts';

const first = defineSignal('running.first', z.object({ id: z.number() }));
const second = defineSignal('running.second', z.object({ id: z.number() }));
const detached = { transactional: false } as const;
const GREETING = new Token<string>('greeting');

@Service()
class Clock {
  readonly zone = 'UTC';
}

@Service({ inject: [GREETING, Clock] })
class Greeter {
  constructor(
    readonly greeting: string,
    readonly clock: Clock,
  ) {}

  @OnSignal(first, detached)
  async greet({ id }: { id: number }): Promise<string> {
    return `${this.greeting} ${id} in ${this.clock.zone}`;
  }
}

/** The parameter types of this class are known only with a compiler that emits types. */
@Service()
class Typed {
  constructor(readonly clock: Clock) {}
}

class Base {
  @OnSignal(first, detached)
  static async fixed(): Promise<string> {
    return `Base.fixed on ${this.name}`;
  }

  @OnSignal(first, detached)
  async kept(): Promise<string> {
    return `Base.kept on ${this.constructor.name}`;
  }

  @OnSignal(first, detached)
  async overridden(): Promise<string> {
    return 'Base.overridden';
  }
}

class Middle extends Base {
  override async overridden(): Promise<string> {
    return `Middle.overridden over ${await super.overridden()}`;
  }
}

class Leaf extends Middle {
  @OnSignal(second, detached)
  override async kept(): Promise<string> {
    return 'Leaf.kept';
  }
}

/** A method and a static method may share a key, if not a stored name. */
class Both {
  @OnSignal(first, detached)
  async on(): Promise<string> {
    return 'method';
  }

  @OnSignal(first, { ...detached, name: 'Both.static' })
  static async on(): Promise<string> {
    return 'static method';
  }
}

class Namesakes {
  @OnSignal(first, detached)
  async on(): Promise<void> {}

  @OnSignal(second, detached)
  static async on(): Promise<void> {}
}

class Twice {
  @OnSignal(first, detached)
  @OnSignal(first, { ...detached, queue: 'slow' })
  async on(): Promise<void> {}
}

class PinnedMethod {
  @OnSignal(first, { ...detached, name: 'pinned' })
  async on(): Promise<void> {}
}

class PinnedHeir extends PinnedMethod {}

@Service({ name: 'Pinned' })
class PinnedClass {
  @OnSignal(first, detached)
  async on(): Promise<void> {}
}

/** A pinned name belongs to its class, not to those that extend it. */
class UnpinnedHeir extends PinnedClass {}

class Accounts {
  readonly opened = 'account';

  @Transactional({ isolationLevel: 'serializable' })
  async move(from: string, to: string): Promise<string> {
    return `${this.opened} ${from} to ${to}`;
  }

  @OnSignal(first, detached)
  @Transactional()
  async outside({ id }: { id: number }): Promise<string> {
    return `${this.opened} ${id}`;
  }

  @Transactional({ accessMode: 'read only' })
  @OnSignal(first, detached)
  async inside({ id }: { id: number }): Promise<string> {
    return `${this.opened} ${id}`;
  }
}

const newDatabase = () => drizzle({ client: postgres('postgres://x@127.0.0.1:9/x') });
type Services = readonly (abstract new (...args: never[]) => object)[];

/** The answers of a box with these services to a signal: `name: value`, in the order of the names. */
async function answers(signal: typeof first | typeof second, services: Services): Promise<string[]> {
  const db = newDatabase();
  await using _box = createSignalbox({ db, services, log: false, providers: [provide(GREETING, { useValue: 'hello' })] });
  const results = await signal.emitRobust(db, { id: 7 });
  return results
    .map((result) => `${result.receiver}: ${String(result.status === 'fulfilled' ? result.value : result.reason)}`)
    .toSorted((a, b) => (a < b ? -1 : 1));
}

async function refusal(services: Services, use?: Services[number]): Promise<string> {
  try {
    await using box = createSignalbox({ db: newDatabase(), services, log: false });
    if (use) box.get(use);
    return 'accepted';
  } catch (error) {
    if (isSignalboxError(error)) return error.code;
    throw error;
  }
}

/** The calls of a box with `Accounts` on a database that only records its transactions. */
async function transactions(): Promise<unknown> {
  const db = newDatabase();
  const begun: unknown[] = [];
  const noting = {
    transaction: async (work: () => Promise<unknown>, options?: object): Promise<unknown> => {
      begun.push(options ?? 'plain');
      return `in transaction: ${String(await work())}`;
    },
  };
  const overrides = [provide(Db, { useValue: noting as unknown as Db })];
  await using box = createSignalbox({ db, services: [Accounts], log: false, overrides });
  const moved = await box.get(Accounts).move('a', 'b');
  const received = await first.emitRobust(db, { id: 7 });
  const { move, outside, inside } = Accounts.prototype;
  const results = received.map((result) => `${result.receiver}: ${String(result.status === 'fulfilled' && result.value)}`);
  return { moved, received: results, begun, names: [move.name, outside.name, inside.name] };
}

async function unmade(): Promise<unknown> {
  return new Accounts().move('a', 'b').catch((error: unknown) => (isSignalboxError(error) ? error.code : error));
}

/** The results, by name of the case. */
export async function run(): Promise<Record<string, unknown>> {
  const stored: Signal[] = [first, second];
  return {
    signals: stored.map(({ name }) => name),
    listedConstructor: await answers(first, [Greeter]),
    typedConstructor: await refusal([Typed], Typed),
    heir: await answers(first, [Middle]),
    heirOfHeir: [await answers(first, [Leaf]), await answers(second, [Leaf])],
    parentAndHeirs: (await answers(first, [Leaf, Base, Middle])).map((answer) => answer.split(':')[0]),
    sharedKey: await answers(first, [Both]),
    sharedKeyAndName: await refusal([Namesakes]),
    twice: await refusal([Twice]),
    pinnedMethodOfParentAndHeir: await refusal([PinnedMethod, PinnedHeir]),
    pinnedClass: (await answers(first, [PinnedClass, UnpinnedHeir])).map((answer) => answer.split(':')[0]),
    transactions: await transactions(),
    unmade: await unmade(),
  };
}
