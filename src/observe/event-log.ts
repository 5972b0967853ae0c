// Writes the lifecycle events to the log: one line for each run of a delivery, ids and names only, never a payload.
import type { Logger } from '../core/logger.ts';
import { toldError } from '../core/told-error.ts';
import type { DeliveryEvent, Events } from './events.ts';

/** Starts logging. Returns the undo. */
export function logEvents(events: Events, log: Logger): () => void {
  const undo = [
    events.on('delivery.completed', (event) => log.info(fields(event), `completed ${event.receiver}`)),
    events.on('delivery.retrying', (event) =>
      log.warn({ ...fields(event), delayMs: event.delayMs, err: event.error }, `failed ${event.receiver}, runs again`),
    ),
    events.on('delivery.dead', (event) => log.error({ ...fields(event), err: event.error }, `dead ${event.receiver}`)),
    events.on('delivery.cancelled', (event) =>
      log.info({ ...fields(event), reason: toldError(event.error).message }, `cancelled ${event.receiver}`),
    ),
    events.on('delivery.released', (event) => log.info(fields(event), `released ${event.receiver}`)),
    events.on('delivery.stale', (event) => log.warn(fields(event), `stale ${event.receiver}: it was taken away meanwhile`)),
    events.on('delivery.rescued', (event) => log.warn(event, 'rescued a delivery from a dead worker')),
    events.on('receiver.paused', ({ delayMs, error, ...event }) =>
      log.warn({ ...event, delayMs, err: error }, `paused ${event.receiver}: what it calls is away`),
    ),
    events.on('receiver.resumed', ({ pausedMs, ...event }) =>
      log.info({ ...event, pausedMs: Math.round(pausedMs) }, `resumed ${event.receiver}: what it calls is back`),
    ),
    events.on('worker.started', (event) => log.info(event, 'worker started')),
    events.on('worker.lost', (event) => log.warn(event, 'the lease of this worker was over; it goes on under a new id')),
    events.on('worker.failing', (event) =>
      log.error(
        { workerId: event.workerId, err: event.error },
        'the worker cannot do its work: the database does not answer, or receivers cannot be called; trying again',
      ),
    ),
    events.on('worker.recovered', (event) => log.info(event, 'the worker can do its work again')),
    events.on('worker.stopping', (event) => log.info(event, 'worker stopping')),
    events.on('worker.stopped', (event) => log.info(event, 'worker stopped')),
    events.on('maintenance.failed', ({ error, ...event }) =>
      log.warn({ ...event, err: error }, `the maintenance task ${event.task} failed, runs again`),
    ),
  ];
  return () => {
    for (const off of undo) off();
  };
}

function fields(event: DeliveryEvent & { durationMs?: number }): object {
  const { deliveryId, emissionId, signal, attempt, durationMs } = event;
  return { deliveryId, emissionId, signal, attempt, ...(durationMs === undefined ? {} : { durationMs: Math.round(durationMs) }) };
}
