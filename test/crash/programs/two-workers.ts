// A process with a worker for each of two queues, of one box or of two. In one queue is a payload that kills the process as
// soon as there is an innocent one beside it, and after a while if there is none.
import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox, type DeliveryContext, OnSignal } from '../../../src/index.ts';
import { tell } from '../../processes/parent.ts';
import { innocent, poison } from './two-signals.ts';

const ALONE_MS = 2_000;

let meet: () => void;
/** Both receivers are called. */
const met = new Promise<void>((resolve) => (meet = resolve));
let calls = 0;
const called = (): void => {
  if (++calls === 2) meet();
};

export class Poison {
  @OnSignal(poison, { queue: 'a', name: 'Poison.take' })
  static async take(): Promise<void> {
    called();
    await Promise.race([met, pause(ALONE_MS)]);
    process.kill(process.pid, 'SIGKILL');
    await new Promise(() => {});
  }
}

export class Innocent {
  @OnSignal(innocent, { queue: 'b', name: 'Innocent.take' })
  static async take(_payload: unknown, { tx }: DeliveryContext): Promise<void> {
    called();
    await Promise.race([met.then(() => new Promise(() => {})), pause(ALONE_MS)]);
    await tx.execute(sql`insert into effect (delivery, epoch, value, pid) values (0, 0, 1, ${process.pid}::int)`);
    calls--;
  }
}

const open = () =>
  createSignalbox({
    db: drizzle({
      client: postgres(process.env['DATABASE_URL']!, {
        max: 6,
        onnotice: () => {},
        fetch_types: false,
        connection: { application_name: 'crash' },
      }),
    }),
    services: [Poison, Innocent],
    log: false,
  });

const box = open();
const other = process.env['BOXES'] === '2' ? open() : box;
const options = { lease: '2s', pollInterval: 50, concurrency: 2 } as const;
await box.worker({ ...options, queues: ['a'] }).start();
await other.worker({ ...options, queues: ['b'] }).start();
tell('started');
