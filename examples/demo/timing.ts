// Makes the demo's workers fast. The defaults (a lease of 10 s, a poll each second at the latest) are for production,
// and would make the reader wait in front of the terminal.
import type { WorkerOptions } from 'signalbox';

export const WORKER_OPTIONS = { lease: '1s', pollInterval: '100ms' } satisfies WorkerOptions;
