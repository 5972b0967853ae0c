// signalbox worker: what its options mean. The work itself is the box's.
import { parseArgs } from 'node:util';
import type { Signalbox } from '../signalbox.ts';
import type { WorkerOptions } from '../worker/options.ts';
import { loadBox } from './config.ts';
import { UsageError, WORKER_HELP } from './usage.ts';

export async function workerCommand(args: readonly string[]): Promise<void> {
  const { config, help, once, ...options } = parse(args);
  if (help) return void process.stdout.write(`${WORKER_HELP}\n`);
  // Before the box makes its logger: a process that only works tells what it does.
  process.env['SIGNALBOX_LOG_LEVEL'] ??= 'info';
  const box = await loadBox(process.cwd(), config);
  await (once ? workOnce(box, options) : box.worker(options).run());
  await box.close();
}

/** Runs what is due until nothing is left, or until the process is told to end. */
async function workOnce(box: Signalbox, options: WorkerOptions): Promise<void> {
  const worker = box.worker(options);
  let told = false;
  const stop = (): void => void (told = true);
  process.once('SIGTERM', stop).once('SIGINT', stop);
  while ((await worker.tick()) > 0) if (told) break;
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
    ...(concurrency === undefined ? {} : { concurrency: wholeNumber('--concurrency', concurrency) }),
    ...(queues === undefined ? {} : { queues: queues.split(',').map((queue) => queue.trim()) }),
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
    throw new UsageError((error as Error).message, WORKER_HELP);
  }
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`${option} is ${JSON.stringify(text)}; give a whole number.`, WORKER_HELP);
  return Number(text);
}
