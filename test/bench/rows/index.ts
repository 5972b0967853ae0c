// All rows, in the order in which they are measured and reported.
import { bulk } from './bulk.ts';
import { drainBatch, drainNoop, drainOnce, drainOnceByDrizzle, drainOnceShared, drainWrite } from './drain.ts';
import { emit, emitByDrizzle } from './emit.ts';
import { idle, start } from './idle.ts';
import { installed } from './installed.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { port } from './port.ts';
import { recovery } from './recovery.ts';
import type { Row } from './row.ts';
import { tallies } from './tallies.ts';
import { wire } from './wire.ts';
import { workers } from './workers.ts';

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
  workers,
  installed,
  port,
  tallies,
  latency,
  idle,
  start,
  memory,
  recovery,
];
