// How fast the demo's workers are. The defaults (lease 10 s, look for work each second at the latest) are for
// production; nobody likes to wait in front of a terminal.
import type { WorkerOptions } from 'signalbox';

export const WORKER_OPTIONS = { lease: '1s', pollInterval: '100ms' } satisfies WorkerOptions;
