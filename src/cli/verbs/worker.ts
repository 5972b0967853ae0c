// signalbox worker: interprets its options. The box does the work.
import type { Signalbox } from '../../box/box.ts';
import { defaultLogger } from '../../observe/log.ts';
import { tellWaiting } from '../../store/catalogue/unserved.ts';
import type { DrainResult } from '../../worker/drain.ts';
import type { WorkerOptions } from '../../worker/options.ts';
import { handlingSignals } from '../../worker/process-signals.ts';
import { endWithParent } from '../dev/child.ts';
import { findConfig, loadBox } from '../config.ts';
import { HELP_OPTION, print, readOptions } from '../options.ts';
import { UsageError } from '../help.ts';
import { watchWorker } from '../dev/watch.ts';

const HELP = `Usage: signalbox worker [options]

Runs the deliveries of the box that signalbox.config.ts (.js, .mjs) exports as its default,
until SIGTERM or SIGINT. A second signal interrupts what still runs.

Options:
  --config <file>       the configuration, if it is not in the current folder
  --concurrency <n>     deliveries that run at once (default 10, or what the pool has room for)
  --queues <a,b>        serve only receivers of these queues (default all)
  --once                run what is due now, then exit
  --no-watchdog         do not end the process when its event loop is blocked for longer than the lease
  --watch               start again when the code changes: for development
  --help                show this

SIGNALBOX_LOG_LEVEL (debug, info, warn, error, silent) sets how much is logged; info by default.`;

const USAGE = `Usage: signalbox worker [--config <file>] [--concurrency <n>] [--queues <a,b>] [--once | --watch] [--no-watchdog]
More: signalbox worker --help`;

const OPTIONS = {
  config: { type: 'string' },
  concurrency: { type: 'string' },
  queues: { type: 'string' },
  once: { type: 'boolean', default: false },
  watch: { type: 'boolean', default: false },
  'no-watchdog': { type: 'boolean', default: false },
  ...HELP_OPTION,
} as const;

export async function workerCommand(args: readonly string[]): Promise<void> {
  const { config, help, once, watch, ...options } = parse(args);
  if (help) return print(HELP);
  // Before the box makes its logger: a process that only runs deliveries logs each of them.
  process.env['SIGNALBOX_LOG_LEVEL'] ||= 'info';
  if (watch) return watchWorker(await findConfig(process.cwd(), config), ['worker', ...args.filter((arg) => arg !== '--watch')]);
  endWithParent();
  const box = await loadBox(process.cwd(), config);
  await (once ? workOnce(box, options) : box.worker(options).run());
  await box.close();
}

/**
 * Runs due deliveries until none is left, or until the process is told to end. A second signal interrupts running
 * receivers.
 */
async function workOnce(box: Signalbox, options: WorkerOptions): Promise<void> {
  const worker = box.worker(options);
  const told = new AbortController();
  const handlers = { first: () => told.abort(), second: () => void worker.stop({ force: true }) };
  const log = defaultLogger();
  await handlingSignals(handlers, log, async () => {
    let run = 0;
    for (let ran = -1; ran !== 0 && !told.signal.aborted; run += ran) ran = sumOf(await worker.tick());
    log.info(
      { run },
      [run === 0 ? 'nothing was due' : `${run} ${run === 1 ? 'delivery' : 'deliveries'} run`, ...(await waitingFor(box))].join('; '),
    );
  });
}

const sumOf = (result: DrainResult): number => Object.values(result).reduce((sum: number, count: number) => sum + count, 0);

/**
 * The deliveries that wait for receivers that the box does not have. The receivers are announced already, so this only
 * reads.
 */
async function waitingFor(box: Signalbox): Promise<string[]> {
  const { elsewhere } = await box.receivers.announce();
  return elsewhere.filter(({ waiting }) => waiting > 0).map((row) => `${tellWaiting(row)}, which this box does not have`);
}

interface Arguments extends WorkerOptions {
  config: string | undefined;
  help: boolean;
  once: boolean;
  watch: boolean;
}

/** @throws UsageError */
function parse(args: readonly string[]): Arguments {
  const { config, concurrency, queues, help, once, watch, 'no-watchdog': noWatchdog } = readOptions(args, OPTIONS, USAGE);
  if (once && watch) throw new UsageError('--once and --watch do not go together: one ends, the other stays.', USAGE);
  return {
    config,
    help,
    once,
    watch,
    watchdog: !noWatchdog,
    ...(concurrency === undefined ? {} : { concurrency: parseConcurrency(concurrency) }),
    ...(queues === undefined ? {} : { queues: parseQueues(queues) }),
  };
}

function parseConcurrency(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= 1_000) return number;
  throw new UsageError(`--concurrency is ${JSON.stringify(text)}; give a whole number from 1 to 1000.`, USAGE);
}

function parseQueues(text: string): string[] {
  const queues = text.split(',').map((queue) => queue.trim());
  if (!queues.includes('')) return queues;
  throw new UsageError(`--queues is ${JSON.stringify(text)}; give names with commas between them.`, USAGE);
}
