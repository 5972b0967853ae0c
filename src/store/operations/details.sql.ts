// One delivery, or one emission, with all that is known of it; and where a delivery is that is known by its own id alone.
import { statement } from '../../drivers/statement.ts';
import { rootId, SHOWN } from '../catalogue/catalogue.sql.ts';
import { micros, millis } from '../times.ts';
import { FIELD_KINDS, fieldsOf, JOINS, LIVE, MANY_ERRORS, SETTLED } from './delivery.sql.ts';

/** The name of the receiver that emitted an emission `e`. */
const CAUSE = `(
  select n.name from signalbox.receiver n where ${rootId('n')} = (select ${rootId('r')} from signalbox.receiver r where r.id = e.caused_by_receiver)
  order by n.last_seen_at desc nulls last, n.id desc limit 1)`;

const CAUSE_KINDS = { caused: 'bool', caused_by: 'text?', caused_by_receiver: 'text?' } as const;
const CAUSE_FIELDS = `e.caused_by_receiver is not null as caused, e.caused_by::text as caused_by, ${CAUSE} as caused_by_receiver`;

/**
 * A delivery with its payload, its cause, its worker and its errors. $1 emission, $2 ids that the receiver's deliveries may carry. Locks nothing.
 * Index: delivery_emission_receiver and settled_emission_receiver, in one snapshot: it is in one of them.
 */
export const deliveryDetails = statement({
  ...FIELD_KINDS,
  payload: 'text?',
  headers: 'text?',
  queue: 'text?',
  worker_id: 'int?',
  worker: 'text?',
  late_ms: 'int?',
  ...CAUSE_KINDS,
})`
with ${SHOWN}
select ${fieldsOf(MANY_ERRORS, 'with stack')}, e.payload::text as payload, e.headers::text as headers, r.queue, d.worker_id, w.label as worker,
  case when d.run_at <= statement_timestamp() then ${millis('statement_timestamp()')} - ${millis('d.run_at')} end as late_ms,
  ${CAUSE_FIELDS}
from (
  select ${LIVE} from signalbox.delivery l where l.emission_id = $1::text::uuid and l.receiver_id = any($2::text::int[])
  union all
  select ${SETTLED} from signalbox.settled s where s.emission_id = $1::text::uuid and s.receiver_id = any($2::text::int[])
) d ${JOINS}
left join signalbox.worker w on w.id = d.worker_id
limit 1`;

/** An emission. $1 its id. Locks nothing. Index: emission_pkey. */
export const emissionDetails = statement({
  signal: 'text',
  version: 'int',
  payload: 'text',
  headers: 'text?',
  emitted_at_ms: 'int',
  ...CAUSE_KINDS,
})`
select e.signal, e.version, e.payload::text as payload, e.headers::text as headers, ${millis('e.emitted_at')} as emitted_at_ms,
  ${CAUSE_FIELDS}
from signalbox.emission e where e.id = $1::text::uuid`;

/**
 * Where the delivery of an id is: a live one, or one that has errors, which name its emission. $1 the id. Locks nothing.
 * Index: delivery_pkey, delivery_error_delivery.
 */
export const locateDelivery = statement({ emission_id: 'text', receiver_id: 'int' })`
select d.emission_id::text as emission_id, d.receiver_id from signalbox.delivery d where d.id = $1::text::bigint
union all
(select x.emission_id::text, x.receiver_id from signalbox.delivery_error x
  where x.delivery_id = $1::text::bigint and x.emission_id is not null and x.receiver_id is not null limit 1)
limit 1`;

/** Where the delivery of an id is among those of an emission. $1 emission, $2 the id. Locks nothing. Index: as {@link deliveryDetails}. */
export const locateSibling = statement({ emission_id: 'text', receiver_id: 'int' })`
select l.emission_id::text as emission_id, l.receiver_id from signalbox.delivery l where l.emission_id = $1::text::uuid and l.id = $2::text::bigint
union all
select s.emission_id::text, s.receiver_id from signalbox.settled s where s.emission_id = $1::text::uuid and s.id = $2::text::bigint
limit 1`;

/**
 * Where the settled delivery of an id is, among the latest of the dead and cancelled ones and the latest of all: no index has the ids of
 * settled ones. $1 the id, $2 entries at most of each walk. Returns one row: the place if it is found, and the emission's time of the
 * last entry of the second walk, if that was cut. Locks nothing. Index: settled_unfinished, settled_emission_receiver.
 */
export const locateSettled = statement({ emission_id: 'text?', receiver_id: 'int?', back_to_us: 'text?' })`
with unfinished as materialized (
  select s.id, s.emission_id, s.receiver_id from signalbox.settled s where s.state <> 'completed' order by s.finished_at desc limit $2::int
), latest as materialized (
  select s.id, s.emission_id, s.receiver_id, row_number() over () as n from (
    select t.id, t.emission_id, t.receiver_id from signalbox.settled t order by t.emission_id desc, t.receiver_id desc limit $2::int
  ) s
), place as materialized (
  select u.emission_id, u.receiver_id from unfinished u where u.id = $1::text::bigint
  union all
  select l.emission_id, l.receiver_id from latest l where l.id = $1::text::bigint
  limit 1
)
select p.emission_id::text as emission_id, p.receiver_id,
  (select (select ${micros('e.emitted_at')}::text from signalbox.emission e where e.id = l.emission_id) from latest l where l.n = $2::int8) as back_to_us
from (select 1) one left join place p on true`;

/**
 * What emissions have caused: those that the receivers of them emitted, by id. $1 the causing ones, $2 how many at most. Locks nothing.
 * Index: emission_caused_by.
 */
export const causedEmissions = statement({
  id: 'text',
  signal: 'text',
  emitted_at_ms: 'int',
  caused_by: 'text',
  caused_by_receiver: 'text?',
})`
select e.id::text as id, e.signal, ${millis('e.emitted_at')} as emitted_at_ms, e.caused_by::text as caused_by, ${CAUSE} as caused_by_receiver
from signalbox.emission e where e.caused_by = any($1::text::uuid[])
order by e.id limit $2::int`;
