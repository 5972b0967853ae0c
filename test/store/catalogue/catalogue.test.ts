// A process reads the catalogue again at certain times, because its receivers may have other ids by now.
import { afterEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { Receivers } from '../../../src/core/receivers.ts';
import type { Identity } from '../../../src/core/renames.ts';
import { defineSignal } from '../../../src/index.ts';
import { silentLogger } from '../../../src/observe/log.ts';
import { functionReceivers } from '../../../src/receivers/register.ts';
import { Catalogue } from '../../../src/store/catalogue/catalogue.ts';

const happened = defineSignal('catalogue.happened', z.object({}));

afterEach(() => vi.restoreAllMocks());

function open() {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const looks: (boolean | undefined)[] = [];
  let ids = [2];
  const announcing = {
    announce: async (_receivers: unknown, { takesNames }: { takesNames?: boolean } = {}): Promise<Identity[]> => {
      looks.push(takesNames);
      return ids.map((id, index) => ({ id, name: 'B', signal: happened.name, isRoot: index === 0 }));
    },
  };
  const receivers = new Receivers(functionReceivers([happened], () => {}, { name: 'B' }));
  const catalogue = new Catalogue(announcing, receivers, silentLogger);
  return { catalogue, looks, pass: (ms: number) => (now += ms), join: () => (ids = [1, 2]) };
}

test('a process that runs deliveries reads again after half a minute, without changing the names', async () => {
  const { catalogue, looks, pass, join } = open();
  await catalogue.announce();
  join();
  pass(29_000);
  await catalogue.announce();
  expect([looks, [...catalogue.entries().keys()]]).toEqual([[true], [2]]);
  pass(2_000);
  await Promise.all([catalogue.announce(), catalogue.announce()]);
  expect([looks, [...catalogue.entries().keys()]]).toEqual([
    [true, false],
    [1, 2],
  ]);
  expect(await catalogue.idsOf(happened, undefined as never)).toEqual([1]);
});

test('a process that only emits does not read again, and a process whose ids are reported as outdated reads at once', async () => {
  const { catalogue, looks, pass } = open();
  await catalogue.tryAnnounce();
  pass(3_600_000);
  await catalogue.tryAnnounce();
  expect(looks).toEqual([true]);
  await catalogue.announce();
  catalogue.outdate();
  await catalogue.tryAnnounce();
  expect(looks).toEqual([true, false]);
  await catalogue.announce();
  expect(looks).toEqual([true, false, false]);
});
