// The columns of a delivery that is read, and of both tables as one.
import { rootId } from '../catalogue/catalogue.sql.ts';
import { millis } from '../times.ts';

/** How many errors of a delivery are read where there are many deliveries, and where there is one. One more tells whether there are more. */
export const FEW_ERRORS = 5;
export const MANY_ERRORS = 100;

/** The columns that both tables have or may have, in one order. */
export const LIVE = `l.id, l.emission_id, l.receiver_id, l.state, l.version, l.generation, l.epoch, l.attempt, l.crashes, l.worker_id, l.run_at, null::timestamptz as finished_at`;
export const SETTLED = `s.id, s.emission_id, s.receiver_id, s.state, s.version, s.generation, s.epoch, s.attempt, s.crashes, s.worker_id, null::timestamptz as run_at, s.finished_at`;

/** The time of a delivery: when it was settled, or is due. */
export const TIME = 'coalesce(d.finished_at, d.run_at)';

/** The kinds of the columns of {@link fieldsOf}. */
export const FIELD_KINDS = {
  id: 'text',
  emission_id: 'text',
  signal: 'text',
  receiver: 'text',
  state: 'text',
  version: 'int',
  generation: 'int',
  epoch: 'int',
  attempt: 'int',
  crashes: 'int',
  run_at_ms: 'int?',
  finished_at_ms: 'int?',
  emitted_at_ms: 'int?',
  errors: 'text?',
} as const;

/** What is shown of a row `d`, joined by {@link JOINS}. The times of the errors come first in their order: see `matches`. */
export const fieldsOf = (errors: number, stack: '' | 'with stack' = ''): string => `
  d.id::text as id, d.emission_id::text as emission_id, coalesce(e.signal, r.signal, '') as signal,
  coalesce(shown.name, '#' || d.receiver_id::text) as receiver, d.state, d.version, d.generation, d.epoch, d.attempt, d.crashes,
  ${millis('d.run_at')} as run_at_ms, ${millis('d.finished_at')} as finished_at_ms, ${millis('e.emitted_at')} as emitted_at_ms,
  (select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('attempt', x.attempt, 'at', ${millis('x.at')}, 'name', x.error ->> 'name'::text,
    'message', x.error ->> 'message'::text, 'code', x.error ->> 'code'::text${stack && `, 'stack', x.error ->> 'stack'::text`}) order by x.at, x.id)::text
    from (select y.id, y.attempt, y.at, y.error from signalbox.delivery_error y where y.delivery_id = d.id order by y.at desc, y.id desc limit ${errors + 1}) x) as errors`;

/**
 * The emission of a row `d`, and its receiver under the name that is shown. An emission is looked up for each row: a subquery with a
 * limit cannot become a join with the whole table. Needs `SHOWN`.
 */
export const JOINS = `
left join lateral (select f.signal, f.emitted_at, f.payload, f.headers, f.caused_by, f.caused_by_receiver from signalbox.emission f where f.id = d.emission_id limit 1) e on true
left join signalbox.receiver r on r.id = d.receiver_id
left join shown on shown.root = ${rootId('r')}`;
