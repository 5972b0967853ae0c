// The receiver of the crash tests: it writes one effect, under the epoch of its own run, and holds at the requested
// point.
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { defineSignal, type DeliveryContext, type Duration, OnSignal } from '../../../src/index.ts';
import '../../support/register.ts';

export const happened = defineSignal('crash.happened', z.object({ value: z.number() }));

export type Point = 'called' | 'written';
type Tx = DeliveryContext['tx'];

/** The value of a payload that kills the process. */
export const POISON = -666;

/** Called at each point of the receiver; does nothing unless a program sets it. */
export const holds: { at: (point: Point, tx: Tx) => Promise<void> } = { at: async () => {} };

export class Effects {
  @OnSignal(happened, { timeout: (process.env['TIMEOUT'] ?? '30s') as Duration })
  static async write({ value }: { value: number }, { tx, emission }: DeliveryContext): Promise<void> {
    await holds.at('called', tx);
    if (value === POISON) process.kill(process.pid, 'SIGKILL');
    // The epoch under which this very transaction has completed the delivery.
    await tx.execute(sql`
      insert into effect (delivery, epoch, value, pid)
      select id, epoch, ${value}::int, ${process.pid}::int from signalbox.settled where emission_id = ${emission.id}::uuid`);
    await holds.at('written', tx);
  }
}
