// Takes back what dead workers held. Every worker does it, now and then; doing it twice does no harm.
import type { Events } from '../observe/events.ts';
import type { Store } from '../store/store.ts';

/** Returns the number of deliveries taken back. */
export async function rescueDeliveries(store: Store, events: Events): Promise<number> {
  const rescued = await store.rescue();
  for (const { id, emissionId, epoch, crashes } of rescued)
    events.raise('delivery.rescued', { deliveryId: id, emissionId, epoch, crashes });
  return rescued.length;
}
