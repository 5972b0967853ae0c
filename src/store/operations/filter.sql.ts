// The condition that deliveries match: one text for pages, counts, groups and the acts of errands, so that a count and the act beside
// it mean the same rows.
import { statement } from '../../drivers/statement.ts';
import { isNamed } from '../catalogue/catalogue.sql.ts';
import { ms } from '../times.ts';

/** How many parameters {@link matches} takes. */
const FILTER_PARAMETERS = 9;

/** A time of a parameter, in milliseconds since 1970. */
const timeOf = (parameter: string): string => `timestamptz '1970-01-01 00:00:00+00' + ${ms(parameter)}`;

/**
 * The condition on a row `d` with the columns of `delivery` or `settled`. `time` is the expression of its time: `d.finished_at`,
 * `d.run_at`, or the one of both that a row has. The parameters from `first` on: states, ids of receivers or null, emission or null,
 * since and until in ms or null, name of the error or null, text in its message or null, path in the payload or null, value there.
 * An absent condition is a null parameter, which a plan for given parameters folds away.
 * Index: emission_pkey and delivery_error_delivery, for each row that the cheaper conditions leave. Both are looked up by scalar
 * subqueries: the planner would turn `exists` into a hash of the whole table. `at` comes first in the order of the errors, for with `id`
 * alone it may walk the primary key through the errors of all deliveries.
 */
export const matches = (first: number, time: string): string => {
  const parameter = (index: number): string => `$${first + index}`;
  const [states, receivers, emission, since, until, name, text, path, value] = Array.from({ length: FILTER_PARAMETERS }, (_, index) =>
    parameter(index),
  ) as [string, string, string, string, string, string, string, string, string];
  return `(d.state = any(${states}::text::text[])
    and (${receivers}::text is null or d.receiver_id = any(${receivers}::text::int[]))
    and (${emission}::text is null or d.emission_id = ${emission}::text::uuid)
    and (${since}::text is null or ${time} >= ${timeOf(since)})
    and (${until}::text is null or ${time} < ${timeOf(until)})
    and (${name}::text is null or (
      select x.error ->> 'name'::text = ${name}::text or coalesce(strpos(lower(x.error ->> 'message'::text), lower(${text}::text)) > 0, false)
      from signalbox.delivery_error x where x.delivery_id = d.id order by x.at desc, x.id desc limit 1))
    and (${path}::text is null or (
      select e.payload #>> ${path}::text::text[] from signalbox.emission e where e.id = d.emission_id) = ${value}::text))`;
};

/**
 * The ids that deliveries of some receivers carry. $1 name or null, $2 signal or null. A receiver has a row for each of its names and
 * signals, and deliveries carry the id of any of them: that of the row that stood for the receiver when they were made. Locks
 * nothing. Reads the catalogue: hundreds of rows, at most.
 */
export const receiverIds = statement({ id: 'int' })`
select r.id from signalbox.receiver r
where ($1::text is null or ${isNamed('r', '$1')}) and ($2::text is null or r.signal = $2::text)
order by r.id`;
