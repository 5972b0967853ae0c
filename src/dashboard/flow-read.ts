// The graph of the flow as a box has it now.
import { flowGraph, type FlowGraph } from '../flow/graph.ts';
import type { OperatedBox } from './route.ts';

/** Receivers that get nothing more are left out unless something of theirs is left. */
export async function readFlow(box: OperatedBox): Promise<FlowGraph> {
  const { receivers } = await box.status();
  return flowGraph(
    receivers
      .filter(({ live, due, dead }) => live || due.count > 0 || dead.count > 0)
      .map(({ receiver, signal, pausedAt, queuePausedAt, due, dead }) => ({
        receiver,
        signal,
        paused: (pausedAt ?? queuePausedAt) !== undefined,
        due: due.count,
        dead: dead.count,
      })),
  );
}
