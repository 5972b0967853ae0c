// The verbs of the command line: what `signalbox --help` says of them, and the file of each, which is loaded only when
// the line names it.
import type { CommandUnknownOpts } from '@commander-js/extra-typings';

export interface Verb {
  readonly name: string;
  /** The heading under which `--help` lists it. */
  readonly group: 'Run' | 'Look' | 'Mend' | 'Keep' | 'Set up';
  readonly summary: string;
  readonly load: () => Promise<CommandUnknownOpts>;
}

/** In the order of the help. */
export const VERBS: readonly Verb[] = [
  {
    name: 'worker',
    group: 'Run',
    summary: 'run deliveries until SIGTERM or SIGINT',
    load: async () => (await import('./verbs/worker.ts')).worker(),
  },
  {
    name: 'status',
    group: 'Look',
    summary: 'what waits for each receiver, what is dead, and the workers',
    load: async () => (await import('./verbs/status.ts')).status(),
  },
  {
    name: 'dashboard',
    group: 'Look',
    summary: 'pages to look at all of it, and to act, on this machine',
    load: async () => (await import('./verbs/dashboard.ts')).dashboard(),
  },
  {
    name: 'deliveries',
    group: 'Look',
    summary: 'deliveries by state, receiver, time, error or payload',
    load: async () => (await import('./verbs/deliveries/deliveries.ts')).deliveries(),
  },
  {
    name: 'errors',
    group: 'Look',
    summary: 'dead deliveries by what killed them',
    load: async () => (await import('./verbs/errors.ts')).errors(),
  },
  {
    name: 'receivers',
    group: 'Look',
    summary: 'the receivers of the catalogue; retire one, move its deliveries',
    load: async () => (await import('./verbs/receivers/receivers.ts')).receivers(),
  },
  {
    name: 'signals',
    group: 'Look',
    summary: 'the signals, and what they reach',
    load: async () => (await import('./verbs/signals.ts')).signals(),
  },
  {
    name: 'graph',
    group: 'Look',
    summary: 'the flow of signals, as text for Mermaid or as a picture',
    load: async () => (await import('./verbs/graph.ts')).graph(),
  },
  {
    name: 'workers',
    group: 'Look',
    summary: 'the workers of all processes',
    load: async () => (await import('./verbs/workers.ts')).workers(),
  },
  {
    name: 'doctor',
    group: 'Look',
    summary: 'what is wrong, or may go wrong, with the command that mends it',
    load: async () => (await import('./verbs/doctor.ts')).doctor(),
  },
  {
    name: 'retry',
    group: 'Mend',
    summary: 'run dead deliveries again, one or many',
    load: async () => (await import('./verbs/retry.ts')).retry(),
  },
  {
    name: 'replay',
    group: 'Mend',
    summary: 'run settled deliveries once more from the start',
    load: async () => (await import('./verbs/replay.ts')).replay(),
  },
  {
    name: 'cancel',
    group: 'Mend',
    summary: 'end deliveries as cancelled',
    load: async () => (await import('./verbs/cancel.ts')).cancel(),
  },
  {
    name: 'errands',
    group: 'Mend',
    summary: 'acts on many deliveries, and how far they are',
    load: async () => (await import('./verbs/errands/errands.ts')).errands(),
  },
  {
    name: 'pause',
    group: 'Mend',
    summary: 'hold a receiver or a queue back',
    load: async () => (await import('./verbs/pause.ts')).pause(),
  },
  {
    name: 'resume',
    group: 'Mend',
    summary: 'let a paused receiver or queue go on',
    load: async () => (await import('./verbs/pause.ts')).resume(),
  },
  {
    name: 'audit',
    group: 'Mend',
    summary: 'what operators did',
    load: async () => (await import('./verbs/audit.ts')).audit(),
  },
  {
    name: 'prune',
    group: 'Keep',
    summary: 'delete what is older than the retention',
    load: async () => (await import('./verbs/prune.ts')).prune(),
  },
  {
    name: 'erase',
    group: 'Keep',
    summary: 'blank what is stored of one person',
    load: async () => (await import('./verbs/erase.ts')).erase(),
  },
  {
    name: 'partitions',
    group: 'Keep',
    summary: 'tables in partitions by time: a migration, and its care',
    load: async () => (await import('./verbs/partitions.ts')).partitions(),
  },
  {
    name: 'repair',
    group: 'Keep',
    summary: 'mend what doctor finds and a migration cannot',
    load: async () => (await import('./verbs/repair.ts')).repair(),
  },
  {
    name: 'init',
    group: 'Set up',
    summary: 'put Signalbox into an existing Drizzle project',
    load: async () => (await import('./verbs/init.ts')).init(),
  },
  {
    name: 'announce',
    group: 'Set up',
    summary: 'write the receivers into the catalogue: the step of a deploy',
    load: async () => (await import('./verbs/announce.ts')).announce(),
  },
  {
    name: 'migrate',
    group: 'Set up',
    summary: 'apply the migrations of a Drizzle folder, once, however many start at once',
    load: async () => (await import('./verbs/migrate.ts')).migrate(),
  },
  {
    name: 'tuning',
    group: 'Set up',
    summary: 'print the storage settings of the tables, as SQL for a migration of yours',
    load: async () => (await import('./verbs/tuning.ts')).tuning(),
  },
  {
    name: 'grants',
    group: 'Set up',
    summary: 'print the rights of database roles, as SQL',
    load: async () => (await import('./verbs/grants.ts')).grants(),
  },
  {
    name: 'check',
    group: 'Set up',
    summary: 'find stored rows that this code would not run: for CI, before a deploy',
    load: async () => (await import('./verbs/check.ts')).check(),
  },
];
