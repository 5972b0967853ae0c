// The SQL about the one row that says which database this is.
import { statement } from '../../drivers/statement.ts';

/**
 * The id of this database. The first process that asks for it writes it; nothing, where another is writing it at this moment: ask again.
 * Locks: the row, if it is new. Repeatable. Index: the primary key.
 */
export const identifyDatabase = statement({ id: 'text' })`
with made as (
  insert into signalbox.meta (id) values (true) on conflict (id) do nothing returning database_id
)
select made.database_id::text as id from made
union all
select m.database_id::text from signalbox.meta m
limit 1`;
