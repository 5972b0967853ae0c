// signalbox/schema: the tables of Signalbox, for your drizzle-kit. `export * from 'signalbox/schema'` in your Drizzle schema puts them
// into the PostgreSQL schema `signalbox`; signalboxTables puts them into another one.
import { signalboxSchema, signalboxTables, tables } from './store/schema/schema.ts';

export { signalboxSchema, signalboxTables };

/** One row for each emit: the payload, once, however many receivers it has. Never changed. */
export const { emission } = tables;

/** The catalogue: a row for each name of each receiver that some process has announced. */
export const { receiver } = tables;

/** Live deliveries: those that wait or run. */
export const { delivery } = tables;

/** Finished deliveries, kept for a while. */
export const { settled } = tables;

/** The errors of deliveries, one row for each failed run; for a cancelled delivery, the reason. */
export const { deliveryError } = tables;

/** Running workers. */
export const { worker } = tables;

/** Long acts of operators, each with its cursor. */
export const { errand } = tables;

/** The queues that operators have paused. */
export const { pausedQueue } = tables;

/** What operators did. */
export const { auditEntry } = tables;

/** What maintenance tasks remember. */
export const { maintenanceTask } = tables;

/** The dedupe keys of emits, until their windows end. */
export const { dedupe } = tables;

/** One row: the version of these tables, and the identity of the database. */
export const { signalboxMeta } = tables;

/** Runs of receivers, counted by minute, receiver, worker and outcome. */
export const { tally } = tables;

/** Emissions, counted by minute, signal and the receiver that emitted them. */
export const { emissionTally } = tables;

/** What waits for each receiver, as it was counted last. */
export const { gauge } = tables;
