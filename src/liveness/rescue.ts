// Takes back what dead workers held. Every worker does it, now and then; doing it twice does no harm.
import type { Events } from '../observe/events.ts';
import { RESCUE_BATCH, type WorkersStore } from '../store/workers/workers.ts';

/**
 * Returns the number of deliveries that are ready again. It ends: lost workers claim nothing more, and a full round has taken a whole
 * batch from them.
 */
export async function rescueDeliveries(workers: WorkersStore, events: Events): Promise<number> {
  let ready = 0;
  for (;;) {
    const rescued = await workers.rescue();
    for (const { id, dead, ...about } of rescued) {
      if (dead) events.raise('delivery.dead', { deliveryId: id, ...about, error: dead, durationMs: 0 });
      else {
        events.raise('delivery.rescued', { deliveryId: id, ...about });
        ready++;
      }
    }
    // What a transaction still holds locked waits for the next rescue.
    if (rescued.length < RESCUE_BATCH) return ready;
  }
}
