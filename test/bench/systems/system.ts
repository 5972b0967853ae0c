// The interface of a system under test, so that the rows are the same for each. One file per system.
import { bigint, integer, pgTable, text } from 'drizzle-orm/pg-core';

export const SYSTEMS = ['signalbox', 'graphile-worker', 'pg-boss', 'floor'] as const;
export type SystemName = (typeof SYSTEMS)[number];

/** The topics, by the number of receivers of each emission. The fan topics have no worker. */
export const TOPICS = { noop: 1, write: 1, once: 1, shared: 1, drizzle: 1, batch: 1, fan1: 1, fan2: 2, fan10: 10 } as const;
export type Topic = keyof typeof TOPICS;
export const TOPIC_NAMES = Object.keys(TOPICS) as Topic[];

/**
 * What receivers do: nothing; one insert each, at least once; one insert each, once where the system can; the same where
 * deliveries share transactions; the same with Drizzle; one insert each, in transactions of up to `BATCH` deliveries.
 */
export type Work = 'noop' | 'write' | 'once' | 'shared' | 'drizzle' | 'batch';
export const BATCH = 50;

export interface Payload {
  readonly value: number;
  readonly filler?: string | undefined;
}

export interface Sender {
  /** One transaction: BEGIN, a row of the domain, an emission to the receivers of the topic, COMMIT. */
  emit(topic: Topic, payload: Payload): Promise<void>;
  /** The same with Drizzle, where that is not how it emits anyway. */
  emitByDrizzle?(topic: Topic, payload: Payload): Promise<void>;
  /** One transaction with a row of the domain and these emissions, by the system's call for many. */
  emitMany(topic: Topic, payloads: readonly Payload[]): Promise<void>;
  close(): Promise<void>;
}

export type Extended = 'none' | 'empty' | 'hooks';

/** Settings of a worker, as far as a system has them; a system takes its own value for what is not set. */
export interface Settings {
  /** Deliveries at a time. */
  readonly concurrency?: number;
  /** Deliveries that are fetched at once, and wait in the process. */
  readonly ahead?: number;
  /** Fetches again at once while fetches come back full. */
  readonly burst?: boolean;
  /** Nothing is set: neither of the worker nor, where there is such, of the sender and of the tables. */
  readonly installed?: boolean;
  /** Whether the worker keeps tallies, if not as by default. */
  readonly tallies?: false;
}

export interface WorkerSetup {
  readonly work: Work;
  /** The number of receivers of the worker, of which only the first gets deliveries. Default 1. */
  readonly receivers?: number | undefined;
  /** The number of deliveries that it may claim at once, beyond its best value: for the row about memory. */
  readonly hold?: number | undefined;
  readonly settings?: Settings | undefined;
  /** Extensions of the box that do nothing: none, one that hooks nothing, or one that hooks emits and receivers. */
  readonly extension?: Extended | undefined;
  /** Called at the start of each run, with the payload. A promise delays the run. */
  onRun(payload: Payload): void | Promise<void>;
}

export interface RunningWorker {
  stop(): Promise<void>;
}

export interface System {
  /** Makes the tables of the system and of the domain in an empty database. */
  setUp(url: string, settings?: Settings): Promise<void>;
  sender(url: string, connections: number, settings?: Settings): Promise<Sender>;
  /** Resolves when the worker is ready. */
  worker(url: string, setup: WorkerSetup): Promise<RunningWorker>;
}

/** The harness' queries of a system's tables. Counts are in a column `n`. */
export interface SystemTables {
  /** Deliveries that are not done. */
  readonly left: string;
  /** Deliveries that no worker has claimed. */
  readonly waiting: string;
}

/** The domain: what the sender writes besides emitting, and what receivers write. */
export const DOMAIN = `
create table if not exists purchase (id bigint generated always as identity primary key, value int not null, note text not null);
create table if not exists effect (id bigint generated always as identity primary key, value int not null, note text not null)`;

/** The same for Drizzle. */
const id = () => bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity();
export const purchase = pgTable('purchase', { id: id(), value: integer('value').notNull(), note: text('note').notNull() });
export const effect = pgTable('effect', { id: id(), value: integer('value').notNull(), note: text('note').notNull() });

export const INSERT_PURCHASE = `insert into purchase (value, note) values ($1, 'bought')`;
export const INSERT_EFFECT = `insert into effect (value, note) values ($1, 'done')`;
