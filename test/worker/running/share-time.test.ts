// The time that a shared transaction may take.
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { DRIVERS } from '../../support/behind-proxy.ts';
import { effectsOf, exceptions, openWith, receiverThat, values, work } from './share-fixture.ts';

test.for(DRIVERS)(
  '%s: a transaction takes no further delivery when its time is up; those wait again, and are begun once',
  async (driver) => {
    // Quick at first, so that many share a transaction; then each takes longer than all of one may.
    const { Receiver, calls } = receiverThat((value) => (value > 60 && value <= 66 ? pause(30) : undefined));
    await using h = await openWith(driver, Receiver, 90);
    const started: string[] = [];
    h.box.on('delivery.started', ({ deliveryId }) => started.push(deliveryId));
    await work(h, 90);
    const rows = await h.sql<{ n: number }[]>`select count(*)::int as n from at_commit where value between 61 and 66 group by xid`;
    expect(rows.map(({ n }) => n)).toEqual([1, 1, 1, 1, 1, 1]);
    expect([new Set(started).size, started.length, calls.length]).toEqual([90, 90, 90]);
    expect([await effectsOf(h), await exceptions(h)]).toEqual([values(90), []]);
  },
);
