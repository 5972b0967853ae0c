// The SQL of a receiver's end. It gets no new deliveries; a process that announces it again brings it back.
import { statement } from '../../drivers/statement.ts';
import { isNamed, rootId } from '../catalogue/catalogue.sql.ts';

/**
 * Retires a receiver, under all its names. $1 its name. Returns how many rows it has. Locks: its rows, in the order of (signal, name), as
 * announcements do. Repeatable: the first time stays.
 */
export const retireReceiver = statement({ found: 'int', changed: 'int' })`
with named as materialized (
  select r.id from signalbox.receiver r where ${isNamed('r', '$1')}
  order by r.signal, r.name
  for no key update
), changed as (
  update signalbox.receiver r set retired_at = statement_timestamp() from named where r.id = named.id and r.retired_at is null
  returning r.id
)
select (select count(*)::int from named) as found, (select count(*)::int from changed) as changed`;

/**
 * The ids of a receiver and where its deliveries go: for each id of the one, that of the other for the same signal. $1 the one's name, $2 the other's. `to_id` is null
 * where the other does not receive the signal. Locks nothing.
 */
export const movesTo = statement({ id: 'int', signal: 'text', to_id: 'int?' })`
select r.id, r.signal, (
  select distinct ${rootId('o')} from signalbox.receiver o where o.signal = r.signal and ${isNamed('o', '$2')}
) as to_id
from signalbox.receiver r where ${isNamed('r', '$1')}
order by r.id`;
