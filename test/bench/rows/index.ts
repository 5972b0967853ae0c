// All rows, in the order in which they are measured and reported.
import { bulk } from './bulk.ts';
import { drainBatch, drainNoop, drainOnce, drainOnceByDrizzle, drainOnceShared, drainWrite } from './drain.ts';
import { emit, emitByDrizzle } from './emit.ts';
import { idle, start } from './idle.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { port } from './port.ts';
import { recovery } from './recovery.ts';
import type { Row } from './row.ts';
import { wire } from './wire.ts';

export const rows: readonly Row[] = [
  emit,
  emitByDrizzle,
  wire,
  bulk,
  drainNoop,
  drainWrite,
  drainOnce,
  drainOnceShared,
  drainOnceByDrizzle,
  drainBatch,
  port,
  latency,
  idle,
  start,
  memory,
  recovery,
];
