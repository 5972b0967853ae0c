// The option `share` of a receiver.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal } from '../../src/index.ts';
import { receiversOf } from '../../src/receivers/register.ts';

const happened = defineSignal('share.option', z.object({}));

function serviceWith(options: object): new () => object {
  class Sharing {
    @OnSignal(happened, options)
    static async receive(): Promise<void> {}
  }
  return Sharing;
}

test.each([2, 25, false])('a receiver may say %s', (share) => {
  expect(receiversOf([serviceWith({ share })]).all).toMatchObject([{ share }]);
});

test.each([1, 26, 2.5, Number.NaN, true, '10'])('a receiver may not say %s', (share) => {
  expect(() => receiversOf([serviceWith({ share })])).toThrow(/Give a whole number from 2 to 25, or false/);
});

test.each([
  [{ transactional: false }, /it has no transaction/],
  [{ batch: 10 }, /in one transaction by itself/],
  [{ isolation: 'serializable' }, /what the others see/],
] as const)('a receiver with %o shares no transaction', (more, message) => {
  expect(() => receiversOf([serviceWith({ share: 10, ...more })])).toThrow(message);
  expect(receiversOf([serviceWith({ share: false, ...more })]).all).toHaveLength(1);
});
