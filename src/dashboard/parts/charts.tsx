// The charts of the last hour, of a box or of one receiver.
import { raw } from 'hono/html';
import type { FC } from 'hono/jsx';
import { latencyChart } from '../charts/latency.ts';
import { failuresChart, throughputChart } from '../charts/throughput.ts';
import type { History } from '../history.ts';

export const Charts: FC<{ history: History }> = ({ history: { outcomes, run, lag, stepSeconds } }) => (
  <div class="charts">
    <section class="card" aria-label="Throughput of the last hour">
      {raw(throughputChart('throughput', outcomes, stepSeconds))}
    </section>
    <section class="card" aria-label="Failures of the last hour">
      {raw(failuresChart('failures', outcomes, stepSeconds))}
    </section>
    <section class="card" aria-label="Run time of the last hour">
      {raw(latencyChart('run-time', 'Run time', run, stepSeconds))}
    </section>
    <section class="card" aria-label="Waiting time of the last hour">
      {raw(latencyChart('waiting', 'Waiting time, due to begun', lag, stepSeconds))}
    </section>
  </div>
);
