// How a database stands, as text.
import type { BoxStatus, ListedReceiver, ReceiverStatus, WorkerStatus } from '../operate/status.ts';
import { countText } from './counts.ts';
import { oneLine } from '../core/visible.ts';
import { styled } from './output.ts';
import { table } from './table.ts';
import { relative, span } from './times.ts';

export function statusText({ receivers, workers }: BoxStatus): string {
  return [...receiverLines(receivers), '', ...workerLines(workers)].join('\n');
}

function receiverLines(receivers: readonly ReceiverStatus[]): string[] {
  if (receivers.length === 0) return ['No receiver is in the catalogue.'];
  const rows = receivers.map((receiver) => [
    oneLine(receiver.receiver),
    oneLine(receiver.signal),
    countText(receiver.due),
    countText(receiver.running),
    countText(receiver.later),
    countText(receiver.retrying),
    receiver.dead.count > 0 ? styled('red', countText(receiver.dead)) : countText(receiver.dead),
    receiver.oldestDue ? span(Date.now() - receiver.oldestDue.getTime()) : '-',
    notesOf(receiver),
  ]);
  return table(rows, ['receiver', 'signal', 'due', 'running', 'later', 'retrying', 'dead', 'oldest due', '']);
}

/** What else there is to say of a receiver: paused, retired, orphaned. */
export const notesOf = (receiver: ListedReceiver & { readonly orphaned?: boolean }): string =>
  [
    receiver.pausedAt && styled('yellow', `paused ${relative(receiver.pausedAt)}`),
    receiver.queuePausedAt && styled('yellow', `queue ${oneLine(receiver.queue)} paused ${relative(receiver.queuePausedAt)}`),
    receiver.orphaned && styled('red', 'orphaned: no process has its code'),
    receiver.live ? undefined : receiver.retiredAt ? `retired ${relative(receiver.retiredAt)}` : 'gets no new ones',
  ]
    .filter(Boolean)
    .join(', ');

export function workerLines(workers: readonly WorkerStatus[]): string[] {
  if (workers.length === 0) return [styled('yellow', 'No worker is running.')];
  const rows = workers.map(({ id, label, version, state, startedAt, running }) => [
    String(id),
    oneLine(label),
    oneLine(version ?? '-'),
    state === 'lost' ? styled('red', state) : state,
    relative(startedAt),
    countText(running),
  ]);
  return table(rows, ['worker', 'process', 'version', 'state', 'started', 'running']);
}
