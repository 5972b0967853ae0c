// Receivers with what waits for them.
import type { FC } from 'hono/jsx';
import type { ReceiverStatus } from '../../operate/status.ts';
import { link } from '../links.ts';
import { Badge } from './states.tsx';
import { Count, Time } from './values.tsx';

/** What a person should know of a receiver before its numbers. */
export function conditionOf({
  live,
  pausedAt,
  queuePausedAt,
  orphaned,
}: ReceiverStatus): { readonly state: string; readonly word: string } | undefined {
  if (orphaned) return { state: 'orphaned', word: 'no code' };
  if (pausedAt) return { state: 'paused', word: 'paused' };
  if (queuePausedAt) return { state: 'paused', word: 'queue paused' };
  return live ? undefined : { state: 'retired', word: 'retired' };
}

export const ReceiverTable: FC<{ receivers: readonly ReceiverStatus[] }> = ({ receivers }) => (
  <div class="table-wrap">
    <table class="rows">
      <thead>
        <tr>
          <th scope="col">Receiver</th>
          <th scope="col" class="num">
            Due
          </th>
          <th scope="col" class="num">
            Running
          </th>
          <th scope="col" class="num">
            Retrying
          </th>
          <th scope="col" class="num">
            Later
          </th>
          <th scope="col" class="num">
            Dead
          </th>
          <th scope="col">Oldest due</th>
        </tr>
      </thead>
      <tbody>
        {receivers.map((receiver) => (
          <ReceiverRow receiver={receiver} />
        ))}
      </tbody>
    </table>
  </div>
);

const ReceiverRow: FC<{ receiver: ReceiverStatus }> = ({ receiver }) => {
  const { receiver: name, signal, due, running, retrying, later, dead, oldestDue } = receiver;
  const condition = conditionOf(receiver);
  return (
    <tr>
      <td>
        <a class="name" href={link('receiver', { name })}>
          {name}
        </a>{' '}
        {condition && <Badge state={condition.state} word={condition.word} />}
        <span class="sub">{signal}</span>
      </td>
      <td class="num" data-label="Due">
        <a href={link('deliveries', { receiver: name, signal, state: 'ready' })}>
          <Count of={due} />
        </a>
      </td>
      <td class="num" data-label="Running">
        <Count of={running} />
      </td>
      <td class="num" data-label="Retrying">
        <Count of={retrying} />
      </td>
      <td class="num" data-label="Later">
        <Count of={later} />
      </td>
      <td class="num" data-label="Dead">
        <a href={link('deliveries', { receiver: name, signal, state: 'dead' })}>
          <Count of={dead} hot />
        </a>
      </td>
      <td data-label="Oldest due">
        <Time at={oldestDue} />
      </td>
    </tr>
  );
};
