// The graph of the flow as a box has it now: its catalogue, what waits by the gauges, and what has passed in an hour by the tallies. No delivery
// and no emission is read for it.
import { flowGraph, type FlowGraph, type FlowTraffic } from '../flow/graph.ts';
import type { OperatedBox } from './route.ts';

const MINUTES = 60;

/** Receivers that get nothing more are left out unless something of theirs is left. */
export async function readFlow(box: OperatedBox, now = Date.now()): Promise<FlowGraph> {
  const [receivers, gauges, traffic] = await Promise.all([box.receivers.list(), box.tallies.gauges(), readTraffic(box, now)]);
  const waiting = new Map(gauges.map((gauge) => [`${gauge.signal} ${gauge.receiver}`, gauge]));
  const rows = receivers.map(({ receiver, signal, live, pausedAt, queuePausedAt }) => {
    const { due, dead } = waiting.get(`${signal} ${receiver}`) ?? { due: NONE, dead: NONE };
    return { receiver, signal, live, paused: (pausedAt ?? queuePausedAt) !== undefined, due: due.count, dead: dead.count };
  });
  return flowGraph(
    rows.filter(({ live, due, dead }) => live || due > 0 || dead > 0),
    traffic,
  );
}

const NONE = { count: 0 };

async function readTraffic({ tallies }: OperatedBox, now: number): Promise<FlowTraffic> {
  // Few steps: the hour is added up here.
  const span = { from: new Date(now - MINUTES * 60_000), step: '2h' } as const;
  const [runs, emits] = await Promise.all([tallies.runs(span), tallies.emits(span)]);
  return {
    minutes: MINUTES,
    runs: runs.tallies.flatMap(({ receiver, signal, outcome, n }) =>
      receiver === undefined || signal === undefined
        ? []
        : [
            {
              receiver,
              signal,
              completed: outcome === 'completed' ? n : 0,
              failed: outcome === 'retrying' ? n : 0,
              dead: outcome === 'dead' ? n : 0,
            },
          ],
    ),
    emits: emits.tallies.map(({ signal, causedBy, n }) => ({ signal, causedBy: causedBy?.receiver, count: n })),
  };
}
