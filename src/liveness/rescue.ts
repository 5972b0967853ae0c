// Rescues the deliveries that dead workers held. Every worker does so from time to time; doing it twice is harmless.
import type { Events } from '../observe/events.ts';
import { RESCUE_BATCH, type WorkersStore } from '../store/workers/workers.ts';

/**
 * Returns the number of deliveries that are ready again. The loop ends: dead workers claim nothing more, and each full round has taken
 * a whole batch from them.
 * @param workerId the worker that rescues
 * @param onDead called for each delivery whose crash budget is spent, with the receiver as its deliveries carry it
 */
export async function rescueDeliveries(
  workers: Pick<WorkersStore, 'rescue'>,
  events: Events,
  workerId: number,
  onDead?: (receiverId: number) => void,
): Promise<number> {
  let ready = 0;
  for (;;) {
    const rescued = await workers.rescue();
    for (const { id, dead, receiverId, ...rest } of rescued) {
      const about = { deliveryId: id, ...rest, workerId, queue: '' };
      if (dead) {
        onDead?.(receiverId);
        events.raise('delivery.dead', { ...about, error: dead, durationMs: 0 });
      } else {
        events.raise('delivery.rescued', about);
        ready++;
      }
    }
    // Deliveries that a transaction still holds locked wait for the next rescue.
    if (rescued.length < RESCUE_BATCH) return ready;
  }
}
