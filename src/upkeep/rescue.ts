// Takes back what dead workers held. Every worker does it, now and then; doing it twice does no harm.
import type { Events } from '../observe/events.ts';
import type { WorkersStore } from '../store/workers-store.ts';

/** Returns the number of deliveries that are ready again. */
export async function rescueDeliveries(workers: WorkersStore, events: Events): Promise<number> {
  const rescued = await workers.rescue();
  for (const { id, dead, ...about } of rescued) {
    if (dead) events.raise('delivery.dead', { deliveryId: id, ...about, error: dead, durationMs: 0 });
    else events.raise('delivery.rescued', { deliveryId: id, ...about });
  }
  return rescued.filter(({ dead }) => !dead).length;
}
