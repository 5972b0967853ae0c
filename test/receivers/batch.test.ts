// The option `batch` of a receiver.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type BatchItem, defineSignal, OnSignal } from '../../src/index.ts';
import { receiversOf } from '../../src/receivers/register.ts';

const happened = defineSignal('option.happened', z.object({}));

function serviceWith(batch: number): new () => object {
  class Batched {
    @OnSignal(happened, { batch })
    static async receive(_items: BatchItem<object>[]): Promise<void> {}
  }
  return Batched;
}

test.each([2, 1_000])('a receiver may take %s deliveries', (batch) => {
  expect(receiversOf([serviceWith(batch)]).all).toMatchObject([{ name: 'Batched.receive', batch, transactional: true }]);
});

test.each([1, 1_001, 2.5, Number.NaN, '50' as never])('a receiver may not take %s', (batch) => {
  expect(() => receiversOf([serviceWith(batch)])).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
});
