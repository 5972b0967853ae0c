// A process that runs for months announces its receivers again.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal } from '../../src/index.ts';
import { silentLogger } from '../../src/observe/log.ts';
import { refreshCatalogue } from '../../src/maintenance/tasks/refresh-catalogue.ts';
import { receiversOf } from '../../src/receivers/register.ts';
import { Catalogue } from '../../src/store/catalogue/catalogue.ts';
import { DEFAULT_SCHEMA } from '../../src/core/rules.ts';
import { Namespace } from '../../src/store/namespace.ts';
import { Store } from '../../src/store/store.ts';
import { driverOf } from '../../src/drivers/detect.ts';
import { harness } from '../support/harness.ts';

const happened = defineSignal('refreshed.happened', z.object({}));

class Listener {
  @OnSignal(happened)
  static async receive(): Promise<void> {}
}

test('a repeated announcement shows that a process still has the receiver', async () => {
  await using h = await harness();
  const catalogue = new Catalogue(
    new Store(driverOf(h.db), 3, new Namespace(DEFAULT_SCHEMA)).catalogue,
    receiversOf([Listener]),
    silentLogger,
  );
  await catalogue.announce();
  await h.sql`update signalbox.receiver set last_seen_at = last_seen_at - interval '300 days'`;
  await refreshCatalogue(catalogue).run(new AbortController().signal);
  expect(await h.sql`select name from signalbox.receiver where last_seen_at > now() - interval '1 day'`).toEqual([
    { name: 'Listener.receive' },
  ]);
});
