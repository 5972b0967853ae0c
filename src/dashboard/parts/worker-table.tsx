// Workers of all processes.
import type { FC } from 'hono/jsx';
import type { WorkerStatus } from '../../operate/status.ts';
import { Badge } from './states.tsx';
import { Count, Time } from './values.tsx';

export const WorkerTable: FC<{ workers: readonly WorkerStatus[] }> = ({ workers }) => (
  <div class="table-wrap">
    <table class="rows">
      <thead>
        <tr>
          <th scope="col">Worker</th>
          <th scope="col">State</th>
          <th scope="col" class="num">
            Has
          </th>
          <th scope="col">Started</th>
          <th scope="col">Lease until</th>
        </tr>
      </thead>
      <tbody>
        {workers.map(({ id, label, state, running, startedAt, leaseUntil }) => (
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
