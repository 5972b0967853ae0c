// signalbox worker: what its options mean. The work itself is the box's.
import { parseArgs } from 'node:util';
import type { Signalbox } from '../signalbox.ts';
import { defaultLogger } from '../observe/log.ts';
import type { WorkerOptions } from '../worker/options.ts';
import { handlingSignals } from '../worker/run.ts';
import { loadBox } from './config.ts';
import { UsageError, WORKER_HELP, WORKER_USAGE } from './usage.ts';

export async function workerCommand(args: readonly string[]): Promise<void> {
  const { config, help, once, ...options } = parse(args);
  if (help) return void process.stdout.write(`${WORKER_HELP}\n`);
  // Before the box makes its logger: a process that only works tells what it does.
  process.env['SIGNALBOX_LOG_LEVEL'] ??= 'info';
  const box = await loadBox(process.cwd(), config);
  await (once ? workOnce(box, options) : box.worker(options).run());
  await box.close();
}

/** Runs what is due until nothing is left, or until the process is told to end; told twice, it interrupts what runs. */
async function workOnce(box: Signalbox, options: WorkerOptions): Promise<void> {
  const worker = box.worker(options);
  const told = new AbortController();
  const handlers = { first: () => told.abort(), second: () => void worker.stop({ force: true }) };
  await handlingSignals(handlers, defaultLogger(), async () => {
    while (!told.signal.aborted && (await worker.tick()) > 0);
  });
}

interface Arguments extends WorkerOptions {
  config: string | undefined;
  help: boolean;
  once: boolean;
}

/** @throws UsageError */
function parse(args: readonly string[]): Arguments {
  const { config, concurrency, queues, help, once } = values(args);
  return {
    config,
    help,
    once,
    ...(concurrency === undefined ? {} : { concurrency: parseConcurrency(concurrency) }),
    ...(queues === undefined ? {} : { queues: parseQueues(queues) }),
  };
}

function values(args: readonly string[]): { config?: string; concurrency?: string; queues?: string; help: boolean; once: boolean } {
  try {
    return parseArgs({
      args: [...args],
      options: {
        config: { type: 'string' },
        concurrency: { type: 'string' },
        queues: { type: 'string' },
        once: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message, WORKER_USAGE);
  }
}

function parseConcurrency(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= 1_000) return number;
  throw new UsageError(`--concurrency is ${JSON.stringify(text)}; give a whole number from 1 to 1000.`, WORKER_USAGE);
}

function parseQueues(text: string): string[] {
  const queues = text.split(',').map((queue) => queue.trim());
  if (!queues.includes('')) return queues;
  throw new UsageError(`--queues is ${JSON.stringify(text)}; give names with commas between them.`, WORKER_USAGE);
}
