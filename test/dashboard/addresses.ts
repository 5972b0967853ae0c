// A database in which every field that a page shows holds a given text, and the address of every page that then shows it.
import { randomUUID } from 'node:crypto';
import { ROUTES } from '../../src/dashboard/routes.ts';
import type { Harness } from '../support/harness.ts';
import { addRow } from '../operate/read-rows.ts';

export interface Seeded {
  readonly emissionId: string;
  readonly receiver: string;
  readonly errandId: string;
}

/**
 * Two receivers of a signal whose names have the text, with deliveries in every state, an errand, entries of the audit, a worker and a paused
 * queue.
 * @param text stands in names, and where no other is given in payloads and errors
 * @param inside stands in payloads, headers, the texts of errors and the reasons of acts
 */
export async function seed({ sql, box, leaves }: Harness, text: string, inside = text): Promise<Seeded> {
  leaves('deliveries', 'rows of running deliveries are made by plain SQL');
  leaves('workers', 'so is that of their worker');
  const receiver = `R.${text}`;
  const signal = `s.${text}`;
  const ids: number[] = [];
  for (const name of [receiver, `other.${text}`]) {
    const [row] = await sql<{ id: number }[]>`
      insert into signalbox.receiver (name, signal, queue, priority, last_seen_at) values (${name}, ${signal}, ${`q.${text}`}, 0, now()) returning id`;
    ids.push(row!.id);
  }
  const error = { name: text.slice(0, 200), message: `message ${inside}`, code: text, stack: `stack ${inside}\r\n at x` };
  const more = { payload: { [inside]: inside, nested: [inside] }, headers: { [inside]: inside }, errors: [error, error] };
  const { emissionId } = await addRow(sql, { receiver: ids[0]!, state: 'dead', attempt: 2, ...more });
  await addRow(sql, { receiver: ids[1]!, emissionId, state: 'dead', ...more });
  const [worker] = await sql<{ id: number }[]>`
    insert into signalbox.worker (id, label, process_id, started_at, lease_until, backend_pid)
    values (7, ${`w.${text}`}, ${randomUUID()}, now(), now() + interval '1 hour', 0) returning id`;
  for (const state of ['ready', 'running', 'completed', 'cancelled'] as const)
    await addRow(sql, { receiver: ids[0]!, state, workerId: worker!.id, ...more });
  await box.deliveries.cancel({ emissionId, receiver: `other.${text}` }, inside);
  const filter = {
    receiver,
    error: `message ${inside}`.slice(0, 900),
    payload: { path: `a.${inside.replaceAll('.', '')}`, value: inside },
  };
  const { id: errandId } = await box.errands.begin({ act: 'cancel', filter, because: inside });
  await sql`
    insert into signalbox.audit_entry (at, actor, act, about, result, finished_at)
    values (now(), ${text}, ${text}, ${JSON.stringify({ receiver: text, [text]: text })}::text::jsonb, ${JSON.stringify({ error: text })}::text::jsonb, now())`;
  await box.queues.pause(`q.${text}`).catch(() => {});
  return { emissionId, receiver, errandId };
}

/** An address of each page that is read, by its path. A page that is not here is not tested: the first test of the matrix finds it. */
export function addresses({ emissionId, receiver, errandId }: Seeded): Readonly<Record<string, string>> {
  const of = (query: Readonly<Record<string, string>>): string => new URLSearchParams(query).toString();
  return {
    '': './',
    flow: 'flow',
    deliveries: 'deliveries',
    find: `find?${of({ id: emissionId })}`,
    delivery: `delivery?${of({ emission: emissionId, receiver })}`,
    emission: `emission?${of({ id: emissionId })}`,
    payload: `payload?${of({ id: emissionId })}`,
    bulk: `bulk?${of({ act: 'retry', receiver })}`,
    errors: 'errors',
    receivers: 'receivers',
    receiver: `receiver?${of({ name: receiver })}`,
    workers: 'workers',
    errands: 'errands',
    errand: `errand?${of({ id: errandId })}`,
    audit: 'audit',
  };
}

/** The fields with which each act would do something, by its path. */
export function actsOn({ emissionId, receiver, errandId }: Seeded): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const one = { emission: emissionId, receiver };
  return {
    retry: one,
    replay: one,
    cancel: one,
    begin: { act: 'retry', receiver },
    'pause-errand': { errand: errandId },
    'resume-errand': { errand: errandId },
    'stop-errand': { errand: errandId },
    'pause-receiver': { receiver },
    'resume-receiver': { receiver },
    'move-receiver': { receiver, to: receiver.replace(/^R\./, 'other.') },
    'retire-receiver': { receiver },
    'pause-queue': { queue: receiver.replace(/^R\./, 'q.') },
    'resume-queue': { queue: receiver.replace(/^R\./, 'q.') },
  };
}

export const PAGES = ROUTES.filter(({ method }) => method === 'GET');
export const ACTS = ROUTES.filter(({ method }) => method === 'POST');
