// Deliveries as a terminal shows them: a row of a list, and the state in its colour.
import type { DeliveryState } from '../core/delivery.ts';
import type { Delivery } from '../store/operations/delivery.ts';
import { oneLine } from '../core/visible.ts';
import { type Style, styled } from './output.ts';
import { table } from './table.ts';
import { relative } from './times.ts';

const STYLES: Readonly<Record<DeliveryState, Style>> = {
  ready: 'yellow',
  running: 'cyan',
  completed: 'green',
  dead: 'red',
  cancelled: 'gray',
};

export const stateText = (state: DeliveryState): string => styled(STYLES[state], state);

const MOST_ERROR = 80;

/** The last error in a line of at most 80 characters; empty without one. */
function lastError({ errors }: Pick<Delivery, 'errors'>): string {
  const last = errors.at(-1);
  if (!last) return '';
  return clipped(oneLine(`${last.name}: ${last.message}`), MOST_ERROR);
}

export function clipped(text: string, most: number): string {
  const characters = Array.from(text);
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}

/** When it was finished, or is or was due. */
export const timeOf = ({ finishedAt, runAt }: Pick<Delivery, 'finishedAt' | 'runAt'>): string => {
  const at = finishedAt ?? runAt;
  return at === undefined ? '' : relative(at);
};

const HEAD = ['id', 'state', 'receiver', 'attempt', 'when', 'emission', 'last error'];

/** The lines of a list; none for an empty one. */
export const deliveryTable = (deliveries: readonly Delivery[]): string[] =>
  table(
    deliveries.map((delivery) => [
      delivery.id,
      stateText(delivery.state),
      oneLine(delivery.receiver),
      String(delivery.attempt),
      timeOf(delivery),
      delivery.emissionId,
      lastError(delivery),
    ]),
    HEAD,
  );
