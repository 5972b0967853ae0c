// @Transactional: a method runs in a transaction of its box, which it finds through the registry that made its object.
import '../decorators/metadata.ts';
import { checkOptions, type OptionTable } from '../core/options.ts';
import { flag, oneOf } from '../core/rules.ts';
import { memberWithoutParentheses } from '../decorators/parentheses.ts';
import { registryOf } from '../container/registry.ts';
import { SignalboxError } from '../errors.ts';
import { Db } from './ambient-db.ts';

type AsyncMethod = (this: never, ...args: never[]) => Promise<unknown>;

interface TransactionalDecorator {
  <M extends AsyncMethod>(method: M, context: ClassMethodDecoratorContext): M;
  <M extends AsyncMethod>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<M>): void;
}

/**
 * Options of the transaction, as in Drizzle's second argument of `db.transaction`. The database's defaults apply to
 * omitted ones.
 */
export interface TransactionalOptions {
  /** PostgreSQL's default is `'read committed'`. */
  isolationLevel?: 'read uncommitted' | 'read committed' | 'repeatable read' | 'serializable';
  /** Default `'read write'`. In `'read only'` no reliable emit is possible. */
  accessMode?: 'read only' | 'read write';
  /** For `serializable` and `read only` together: waits for a snapshot that cannot fail. Default `false`. */
  deferrable?: boolean;
}

const OPTIONS: OptionTable<TransactionalOptions> = {
  isolationLevel: oneOf('read uncommitted', 'read committed', 'repeatable read', 'serializable'),
  accessMode: oneOf('read only', 'read write'),
  deferrable: flag,
};

/**
 * Runs the method in a transaction: all of its writes are kept, or none. `Db` inside is that transaction. Called inside
 * a transaction, the method runs in a savepoint of it, so that an error which the caller catches undoes only the
 * method; `options` then have no effect.
 * @throws SignalboxError `NoInjectionContext` on an object that the registry did not make; `InvalidDecorator`,
 *   `InvalidOption`
 */
export function Transactional(options?: TransactionalOptions): TransactionalDecorator;
export function Transactional(options?: TransactionalOptions, ...misplaced: readonly unknown[]): TransactionalDecorator {
  const bare = memberWithoutParentheses(misplaced[0]);
  if (bare !== undefined)
    throw new SignalboxError('InvalidDecorator', `@Transactional stands on ${bare} without parentheses. Write @Transactional().`);
  checkOptions(options, OPTIONS, '@Transactional');
  return ((target: unknown, second: unknown, descriptor?: PropertyDescriptor) => {
    const isStandard = typeof second === 'object';
    const method = isStandard ? target : descriptor?.value;
    if (typeof method !== 'function' || (isStandard && (second as ClassMethodDecoratorContext).kind !== 'method'))
      throw new SignalboxError('InvalidDecorator', '@Transactional stands on something that is no method. Put it on an async method.');
    const wrapped = inTransaction(method as AsyncMethod, options);
    if (!descriptor) return wrapped;
    descriptor.value = wrapped;
    return undefined;
  }) as TransactionalDecorator;
}

function inTransaction(method: AsyncMethod, options?: TransactionalOptions): AsyncMethod {
  const wrapped = async function (this: object, ...args: never[]): Promise<unknown> {
    const registry = typeof this === 'object' && this !== null ? registryOf(this) : undefined;
    if (!registry)
      throw new SignalboxError(
        'NoInjectionContext',
        `@Transactional method ${method.name} was called on an object that no box made. Get the object by injection or by box.get(...).`,
      );
    const db = registry.get(Db) as unknown as { transaction(callback: () => unknown, config?: TransactionalOptions): Promise<unknown> };
    return db.transaction(() => Reflect.apply(method, this, args), options);
  };
  Object.defineProperty(wrapped, 'name', { value: method.name });
  return wrapped;
}
