// Where a delivery is shown.
import type { Delivery } from '../../store/operations/delivery.ts';
import { link } from '../links.ts';

type Address = Pick<Delivery, 'id' | 'emissionId' | 'receiver'>;

/** Whether the catalogue has the name of its receiver: without, it has no address by which one could act on it. */
export const isNamed = ({ receiver }: Pick<Delivery, 'receiver'>): boolean => !receiver.startsWith('#');

export const deliveryLink = (delivery: Address): string =>
  link('delivery', isNamed(delivery) ? { emission: delivery.emissionId, receiver: delivery.receiver } : { id: delivery.id });
