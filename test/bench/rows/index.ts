// All rows, in the order in which they are measured and told.
import { drainBatch, drainNoop, drainOnce } from './drain.ts';
import { emit } from './emit.ts';
import type { Row } from './row.ts';

export const rows: readonly Row[] = [emit, drainNoop, drainOnce, drainBatch];
