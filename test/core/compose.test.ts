// Hooks of extensions around an emit and around a receiver's call: their order, and the changes that they can and
// cannot make.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, Discard, type EmissionReceipt, isSignalboxError } from '../../src/index.ts';
import { composeEmit, composeReceive } from '../../src/core/compose.ts';
import type { AroundEmit, AroundReceive, EmitInfo, Hook } from '../../src/core/extension.ts';
import { functionReceivers } from '../../src/receivers/register.ts';

const happened = defineSignal('composed.happened', z.object({}));
const [receiver] = functionReceivers([happened], () => {}, { name: 'composed.receive', queue: 'slow' });

/** Hooks named a, b, c: the first is outermost. */
const named = <Around>(...hooks: Around[]): Hook<Around>[] => hooks.map((around, index) => ({ extension: 'abc'[index]!, around }));
const receiptOf = (headers: object): EmissionReceipt[] => [{ emissionId: JSON.stringify(headers), deliveries: 1 }];
const boom = new Error('boom');
const fail = (): never => {
  throw boom;
};

/** Runs an emit through hooks and records the stored emission. */
async function emit(stored: object[], ...hooks: AroundEmit[]): Promise<readonly EmissionReceipt[]> {
  const info: EmitInfo = { kind: 'emitReliable', signal: 'composed.happened', payloads: [{}], headers: { own: '1' } };
  return composeEmit(named(...hooks))!(info, async (headers) => {
    stored.push(headers);
    return receiptOf(headers);
  });
}

/** Runs a call of a receiver through hooks. */
async function receive(call: () => unknown, ...hooks: AroundReceive[]): Promise<unknown> {
  return composeReceive(named(...hooks))!(receiver!, call)({}, { abortSignal: new AbortController().signal });
}

async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test('without hooks there is nothing to call', () => {
  expect([composeEmit([]), composeReceive([])]).toEqual([undefined, undefined]);
});

describe('around an emit', () => {
  test('the first extension is outermost, and the innermost has the last word on a header', async () => {
    const [stored, seen]: [object[], unknown[]] = [[], []];
    const receipts = await emit(
      stored,
      async ({ headers }, next) => {
        seen.push(headers);
        seen.push(await next({ trace: 'a', tenant: 'a' }));
      },
      async ({ headers }, next) => {
        seen.push(headers);
        await next({ tenant: 'b' });
      },
      async (_emission, next) => next(),
    );
    const last = { own: '1', trace: 'a', tenant: 'b' };
    expect(stored).toEqual([last]);
    expect(seen).toEqual([{ own: '1' }, { own: '1', trace: 'a', tenant: 'a' }, receiptOf(last)]);
    expect(receipts).toEqual(receiptOf(last));
  });

  test('the return value of a hook changes nothing', async () => {
    const stored: object[] = [];
    expect(await emit(stored, async (_emission, next) => (await next(), []))).toEqual(receiptOf({ own: '1' }));
  });

  test('a hook that throws before next fails the emit with its error, and nothing is stored', async () => {
    const stored: object[] = [];
    expect(await thrownBy(emit(stored, fail))).toBe(boom);
    expect(stored).toEqual([]);
  });

  test('a hook that throws after next fails the emit with its error', async () => {
    const stored: object[] = [];
    expect(await thrownBy(emit(stored, async (_emission, next) => (await next(), fail())))).toBe(boom);
    expect(stored).toHaveLength(1);
  });

  test('a hook that does not call next, or calls it twice, fails the emit with ExtensionMisused', async () => {
    const stored: object[] = [];
    for (const [hook, how] of [
      [async () => {}, 'not at all'],
      [async (_emission, next) => (await next(), await next()), 'twice'],
      // One rejection is swallowed, and one is not awaited.
      [async (_emission, next) => (await next(), await next().catch(() => {})), 'twice'],
      [(_emission, next) => void [next(), next()], 'twice'],
    ] as [AroundEmit, string][]) {
      const error = await thrownBy(emit(stored, hook));
      expect(isSignalboxError(error, 'ExtensionMisused')).toBe(true);
      expect((error as Error).message).toContain(`The extension a called next ${how}.`);
    }
    // Once each.
    expect(stored).toHaveLength(3);
  });

  test('the argument of next must be an object', async () => {
    const stored: object[] = [];
    const error = await thrownBy(emit(stored, async (_emission, next) => next('trace' as never)));
    expect(isSignalboxError(error, 'InvalidOption')).toBe(true);
    expect((error as Error).message).toMatch(/^The extension a: what it gave to next is "trace"\. Give an object of texts/);
    expect(stored).toEqual([]);
  });
});

describe('around a receiver', () => {
  test('the first extension is outermost, and the receiver is called in the same turn as next', async () => {
    const order: string[] = [];
    const value = await receive(
      () => order.push('receiver'),
      async (_call, next) => {
        order.push('a');
        const called = next();
        order.push('a has called');
        await called;
        order.push('a ends');
      },
      async (_call, next) => {
        order.push('b');
        await next();
        order.push('b ends');
      },
    );
    expect(order).toEqual(['a', 'b', 'receiver', 'a has called', 'b ends', 'a ends']);
    expect(value).toBe(3);
  });

  test('a hook learns the names of the receiver, and an abort signal only when it asks for one', async () => {
    const context = {
      get abortSignal(): never {
        throw new Error('asked for');
      },
      tx: { a: 'transaction' },
    };
    let seen: unknown;
    const hook: AroundReceive = async (call, next) => {
      const { receiver: name, signal, queue, tx, deliveries } = call;
      seen = { name, signal, queue, tx, isContext: deliveries[0] === (context as never) };
      expect(() => call.abortSignal).toThrow('asked for');
      await next();
    };
    await composeReceive(named(hook))!(receiver!, () => {})({}, context);
    expect(seen).toEqual({ name: 'composed.receive', signal: 'composed.happened', queue: 'slow', tx: context.tx, isContext: true });
  });

  test('the deliveries of a batch are its items', async () => {
    const [batched] = functionReceivers([happened], () => {}, { name: 'composed.batch', batch: 5 });
    const items = [{ attempt: 1 }, { attempt: 2 }];
    let seen: unknown;
    const hook: AroundReceive = async ({ deliveries }, next) => {
      seen = deliveries;
      await next();
    };
    await composeReceive(named(hook))!(batched!, () => {})(items, {});
    expect(seen).toBe(items);
  });

  test('a hook can replace the error of a receiver, and cannot hide it', async () => {
    const other = new Error('other');
    expect(await thrownBy(receive(fail, async (_call, next) => next()))).toBe(boom);
    expect(await thrownBy(receive(fail, async (_call, next) => next().catch(() => {})))).toBe(boom);
    expect(await thrownBy(receive(fail, (_call, next) => void next()))).toBe(boom);
    expect(
      await thrownBy(
        receive(fail, async (_call, next) =>
          next().catch(() => {
            throw other;
          }),
        ),
      ),
    ).toBe(other);
  });

  test('a hook that throws after the receiver has returned fails the call', async () => {
    expect(
      await thrownBy(
        receive(
          () => {},
          async (_call, next) => (await next(), fail()),
        ),
      ),
    ).toBe(boom);
  });

  test('a receiver is awaited even if the hook does not await it, also when the hook throws', async () => {
    const order: string[] = [];
    let finish!: () => void;
    const slow = (): Promise<void> => new Promise((resolve) => (finish = () => (order.push('receiver'), resolve())));
    const over = thrownBy(receive(slow, (_call, next) => (void next(), fail()))).then((error) => order.push((error as Error).message));
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual([]);
    finish();
    await over;
    expect(order).toEqual(['receiver', 'boom']);
  });

  test('a hook that throws before next prevents the call of the receiver, and the outermost such error includes the inner one', async () => {
    let calls = 0;
    const error = await thrownBy(
      receive(
        () => calls++,
        async (_call, next) => next(),
        fail,
      ),
    );
    expect(isSignalboxError(error, 'ExtensionFailed')).toBe(true);
    expect((error as Error).message).toContain('The extension b kept composed.receive from being called: boom');
    expect((error as Error).cause).toBe(boom);
    expect(calls).toBe(0);
  });

  test('a hook that never calls next, or calls it after its own end, prevents the call of the receiver, too', async () => {
    let calls = 0;
    let late!: () => Promise<void>;
    for (const hook of [async () => {}, (_call: unknown, next: () => Promise<void>) => void (late = next)]) {
      const error = await thrownBy(receive(() => calls++, hook));
      expect(isSignalboxError(error, 'ExtensionFailed')).toBe(true);
      expect((error as Error).message).toContain('called next not at all');
    }
    expect(isSignalboxError(await thrownBy(late()), 'ExtensionMisused')).toBe(true);
    expect(calls).toBe(0);
  });

  test('an outcome that a hook throws counts like one that the receiver throws', async () => {
    const discard = new Discard('not for us');
    const refuse = (): never => {
      throw discard;
    };
    expect(
      await thrownBy(
        receive(
          () => {},
          async (_call, next) => next(),
          refuse,
        ),
      ),
    ).toBe(discard);
  });

  test('a hook that calls next twice calls the receiver once, and fails the call', async () => {
    let calls = 0;
    const error = await thrownBy(
      receive(
        () => calls++,
        async (_call, next) => (await next(), await next().catch(() => {})),
      ),
    );
    expect(isSignalboxError(error, 'ExtensionMisused')).toBe(true);
    expect(calls).toBe(1);
  });
});
