// The errors that killed deliveries, grouped: what is wrong, how often, since when. Their texts may quote payloads, so it takes view-payload.
import type { FC } from 'hono/jsx';
import type { DeadGroup } from '../../operate/groups.ts';
import { filterOf, queryOfTerms, type Terms, termsOf } from '../filters.ts';
import { link } from '../links.ts';
import { FilterForm } from '../parts/filter-form.tsx';
import { Empty, Head } from '../parts/head.tsx';
import { Time, wholeNumber } from '../parts/values.tsx';
import type { PageRoute } from '../route.ts';

export const errors: PageRoute = {
  method: 'GET',
  path: 'errors',
  action: 'view-payload',
  answer: async (visit) => {
    const { box, query } = visit;
    const terms = { ...termsOf(query), state: [] };
    const [{ groups, grouped, more }, listed, inBulk] = await Promise.all([
      box.deliveries.groups(filterOf(terms)),
      box.receivers.list(),
      visit.may('act-in-bulk'),
    ]);
    const known = { receivers: listed.map(({ receiver }) => receiver), signals: [...new Set(listed.map(({ signal }) => signal))] };
    return {
      title: 'Errors',
      body: (
        <>
          <Head
            title="Errors"
            lead={
              grouped === 0
                ? undefined
                : `${more ? `The latest ${wholeNumber(grouped)}` : wholeNumber(grouped)} dead deliveries, by receiver and by the error that ended them.`
            }
          />
          <section class="card">
            <FilterForm page="errors" terms={terms} known={known} deep states={[]} />
          </section>
          <section class="card" aria-label="Groups">
            {groups.length === 0 ? (
              <Empty title="No delivery is dead">
                <p>What fails for good is shown here, grouped by its error.</p>
              </Empty>
            ) : (
              <Groups groups={groups} terms={terms} inBulk={inBulk} />
            )}
          </section>
        </>
      ),
    };
  },
};

const Groups: FC<{ groups: readonly DeadGroup[]; terms: Terms; inBulk: boolean }> = ({ groups, terms, inBulk }) => {
  const most = Math.max(...groups.map(({ count }) => count));
  return (
    <div class="table-wrap">
      <table class="rows">
        <thead>
          <tr>
            <th scope="col" class="num">
              Dead
            </th>
            <th scope="col">Error</th>
            <th scope="col">Receiver</th>
            <th scope="col">First</th>
            <th scope="col">Last</th>
            <th scope="col">
              <span class="hidden">Acts</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <Group group={group} terms={terms} inBulk={inBulk} most={most} alone={isAlone(group, groups)} />
          ))}
        </tbody>
      </table>
    </div>
  );
};

/** Whether what finds a group finds no other one of the list. */
const isAlone = (group: DeadGroup, groups: readonly DeadGroup[]): boolean =>
  groups.every((other) => other === group || other.receiver !== group.receiver || other.search !== group.search);

const Group: FC<{ group: DeadGroup; terms: Terms; inBulk: boolean; most: number; alone: boolean }> = ({
  group,
  terms,
  inBulk,
  most,
  alone,
}) => {
  const { receiver, name, message, count, first, last, search, sample } = group;
  // What no filter finds has no link: one without the error would lead to all that are dead, and retry them.
  const error = terms.error[0] ?? search;
  const filter = error === undefined ? undefined : { ...queryOfTerms(terms), state: 'dead', receiver, error };
  return (
    <tr>
      <td class="num" data-label="Dead">
        {filter ? (
          <a class="hot" href={link('deliveries', filter)}>
            {wholeNumber(count)}
          </a>
        ) : (
          <span class="hot">{wholeNumber(count)}</span>
        )}
        <meter class="share" min={0} max={most} value={count} aria-hidden="true"></meter>
      </td>
      <td class="wide">
        <a class="error-name" href={link('delivery', { emission: sample.emissionId, receiver })}>
          {name || 'without a stored error'}
        </a>
        <span class="sub">{message}</span>
        {filter && !alone && <span class="sub">Texts of errors are redacted here: its links find every error of this name.</span>}
      </td>
      <td data-label="Receiver">
        <a href={link('receiver', { name: receiver })}>{receiver}</a>
      </td>
      <td data-label="First">
        <Time at={first} />
      </td>
      <td data-label="Last">
        <Time at={last} />
      </td>
      <td class="num">
        {inBulk && filter && (
          <a class="button small" href={link('bulk', { act: 'retry', ...filter })}>
            Retry…
          </a>
        )}
      </td>
    </tr>
  );
};
