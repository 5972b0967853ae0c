// Workers of all processes.
import type { FC } from 'hono/jsx';
import type { WorkerStatus } from '../../operate/status.ts';
import { Badge } from './states.tsx';
import type { TallyOutcome } from '../../core/tally.ts';
import type { WorkerTally } from '../../operate/tallies.ts';
import { durationText } from '../charts/latency.ts';
import { Count, Time, wholeNumber } from './values.tsx';

/** @param tallies what each has run in the last hour; without them these columns are left out */
export const WorkerTable: FC<{ workers: readonly WorkerStatus[]; tallies?: readonly WorkerTally[] }> = ({ workers, tallies }) => (
  <div class="table-wrap">
    <table class="rows">
      <thead>
        <tr>
          <th scope="col">Worker</th>
          <th scope="col">State</th>
          <th scope="col" class="num">
            Has
          </th>
          {tallies && (
            <th scope="col" class="num">
              Ran in an hour
            </th>
          )}
          {tallies && (
            <th scope="col" class="num">
              Failed
            </th>
          )}
          {tallies && (
            <th scope="col" class="num">
              Time each
            </th>
          )}
          <th scope="col">Version</th>
          <th scope="col">Started</th>
          <th scope="col">Lease until</th>
        </tr>
      </thead>
      <tbody>
        {workers.map(({ id, label, version, state, running, startedAt, leaseUntil }) => (
          <tr>
            <td>
              <span class="name mono">{label}</span> <span class="quiet">#{id}</span>
            </td>
            <td data-label="State">
              <Badge state={state} />
            </td>
            <td class="num" data-label="Has">
              <Count of={running} />
            </td>
            {tallies && <Ran tallies={tallies.filter(({ workerId }) => workerId === id)} />}
            <td data-label="Version">{version ?? <span class="quiet">older</span>}</td>
            <td data-label="Started">
              <Time at={startedAt} />
            </td>
            <td data-label="Lease until">
              <Time at={leaseUntil} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

const Ran: FC<{ tallies: readonly WorkerTally[] }> = ({ tallies }) => {
  const sum = (of: (tally: WorkerTally) => number): number => tallies.reduce((total, tally) => total + of(tally), 0);
  const count = (...outcomes: TallyOutcome[]): number => sum(({ outcome, n }) => (outcomes.includes(outcome) ? n : 0));
  const [all, failed] = [sum(({ n }) => n), count('retrying', 'dead')];
  return (
    <>
      <td class="num" data-label="Ran in an hour">
        <span class={all === 0 ? 'zero' : undefined}>{wholeNumber(all)}</span>
      </td>
      <td class="num" data-label="Failed">
        <span class={failed === 0 ? 'zero' : 'warm'}>{wholeNumber(failed)}</span>
      </td>
      <td class="num" data-label="Time each">
        {all === 0 ? <span class="zero">–</span> : durationText(sum(({ totalMs }) => totalMs) / all)}
      </td>
    </>
  );
};
