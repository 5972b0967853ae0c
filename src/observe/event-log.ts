// Writes the lifecycle events to the log: one line for each run of a delivery, ids and names only, never a payload.
import type { Logger } from '../core/logger.ts';
import { errorReport } from '../core/error-report.ts';
import type { BoxEvent, DeliveryEvent, EventListeners } from './event-types.ts';

/** The extension that logs. A box without a log does not have it. */
export const eventLog = (log: Logger): { readonly name: string; readonly events: EventListeners } => ({
  name: 'signalbox.log',
  events: {
    'delivery.completed': (event) => log.info(fields(event), `completed ${event.receiver}`),
    'delivery.retrying': (event) =>
      log.warn({ ...fields(event), delayMs: event.delayMs, err: event.error }, `failed ${event.receiver}, runs again`),
    'delivery.dead': (event) => log.error({ ...fields(event), err: event.error }, `dead ${event.receiver}`),
    'delivery.cancelled': (event) =>
      log.info({ ...fields(event), reason: errorReport(event.error).message }, `cancelled ${event.receiver}`),
    'delivery.released': (event) => log.info(fields(event), `released ${event.receiver}`),
    'delivery.stale': (event) => log.warn(fields(event), `stale ${event.receiver}: its claim is no longer valid`),
    'delivery.rescued': (event) => log.warn(told(event), 'rescued a delivery from a dead worker'),
    'receiver.paused': ({ delayMs, error, at: _at, ...event }) =>
      log.warn({ ...event, delayMs, err: error }, `paused ${event.receiver}: what it calls is away`),
    'receiver.resumed': ({ pausedMs, at: _at, ...event }) =>
      log.info({ ...event, pausedMs: Math.round(pausedMs) }, `resumed ${event.receiver}: what it calls is back`),
    'worker.started': (event) => log.info(told(event), 'worker started'),
    'worker.lost': (event) => log.warn(told(event), 'the lease of this worker has expired; it continues under a new id'),
    'worker.failing': (event) =>
      log.error(
        { workerId: event.workerId, err: event.error },
        'the worker cannot do its work: the database does not answer, or receivers cannot be called; trying again',
      ),
    'worker.recovered': (event) => log.info(told(event), 'the worker can do its work again'),
    'worker.stopping': (event) => log.info(told(event), 'worker stopping'),
    'worker.stopped': (event) => log.info(told(event), 'worker stopped'),
    'maintenance.failed': ({ error, at: _at, ...event }) =>
      log.warn({ ...event, err: error }, `the maintenance task ${event.task} failed, runs again`),
    'maintenance.pruned': ({ durationMs, at: _at, ...event }) =>
      log.info({ ...event, durationMs: Math.round(durationMs) }, `pruned ${event.emissions} emissions and ${event.deliveries} deliveries`),
  },
});

/** The logger tells the time itself. */
const told = ({ at: _at, ...event }: BoxEvent): object => event;

function fields(event: DeliveryEvent & { durationMs?: number }): object {
  const { deliveryId, emissionId, signal, attempt, durationMs } = event;
  return { deliveryId, emissionId, signal, attempt, ...(durationMs === undefined ? {} : { durationMs: Math.round(durationMs) }) };
}
