// Deliveries as rows. The texts of their errors are for those who may see payloads.
import type { Child, FC } from 'hono/jsx';
import type { Delivery } from '../../store/operations/delivery.ts';
import { deliveryLink } from './delivery-links.tsx';
import { Badge } from './states.tsx';
import { Time } from './values.tsx';

interface Rows {
  readonly deliveries: readonly Delivery[];
  /** Whether the texts of errors are shown. */
  readonly texts: boolean;
  /** Beside other content: with fewer columns. */
  readonly narrow?: boolean;
  /** What stands at the end of a row. */
  readonly acts?: (delivery: Delivery) => Child;
}

export const DeliveryTable: FC<Rows> = ({ deliveries, texts, narrow = false, acts }) => (
  <div class="table-wrap">
    <table class="rows">
      <thead>
        <tr>
          <th scope="col">State</th>
          <th scope="col">Receiver</th>
          <th scope="col">Latest error</th>
          {!narrow && (
            <th scope="col" class="num">
              Attempt
            </th>
          )}
          {!narrow && <th scope="col">Emitted</th>}
          <th scope="col">Due, or ended</th>
          {acts && (
            <th scope="col">
              <span class="hidden">Acts</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {deliveries.map((delivery) => (
          <tr>
            <td class="nowrap">
              <Badge state={delivery.state} />
            </td>
            <td class="which">
              <a class="name" href={deliveryLink(delivery)}>
                {delivery.receiver}
              </a>
              <span class="sub">{delivery.signal}</span>
            </td>
            <td class={delivery.errors.length === 0 ? 'none' : 'wide'}>
              <LatestError delivery={delivery} texts={texts} />
            </td>
            {!narrow && (
              <td class="num" data-label="Attempt">
                {delivery.attempt}
              </td>
            )}
            {!narrow && (
              <td data-label="Emitted">
                <Time at={delivery.emittedAt} />
              </td>
            )}
            <td data-label={delivery.finishedAt ? 'Ended' : 'Due'}>
              <Time at={delivery.finishedAt ?? delivery.runAt} />
            </td>
            {acts && <td class="num">{acts(delivery)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

const LatestError: FC<{ delivery: Delivery; texts: boolean }> = ({ delivery: { errors }, texts }) => {
  const latest = errors.at(-1);
  if (!latest) return null;
  return (
    <>
      <span class="error-name">{latest.name}</span>
      {texts && <span class="sub clamp">{latest.message}</span>}
    </>
  );
};
