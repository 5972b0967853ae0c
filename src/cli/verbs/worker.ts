// signalbox worker: interprets its options. The box does the work.
import type { Signalbox } from '../../box/box.ts';
import { defaultLogger } from '../../observe/log.ts';
import type { AbsentReceiver } from '../../store/catalogue/announcement.ts';
import { tellWaiting } from '../../store/catalogue/unserved.ts';
import type { DrainResult } from '../../worker/drain.ts';
import type { WorkerOptions } from '../../worker/options.ts';
import { handlingSignals } from '../../worker/process-signals.ts';
import { endWithParent } from '../dev/child.ts';
import { addExamples, newBoxVerb } from '../command.ts';
import { findConfig, loadBox } from '../config.ts';
import { serveHealth } from '../health-server.ts';
import { printDocument } from '../output.ts';
import { parsePort } from '../port-option.ts';
import { UsageError } from '../usage-error.ts';
import { watchWorker } from '../dev/watch.ts';

export function worker() {
  const verb = newBoxVerb(
    'worker',
    'Runs the deliveries of the box that signalbox.config.ts (.js, .mjs) exports as its default, until SIGTERM or SIGINT. A second signal interrupts what still runs.',
  )
    .option('--concurrency <n>', 'deliveries that run at once, 1 to 1000 (default 10, or what the pool has room for)', parseConcurrency)
    .option('--queues <a,b>', 'serve only receivers of these queues (default all)', parseQueues)
    .option('--port <n>', 'serve /live, /ready and /metrics on this port; /metrics needs prom-client', parsePort)
    .option('--once', 'run what is due now, then exit: for cron')
    .option('--no-watchdog', 'do not end the process when its event loop is blocked for longer than the lease')
    .option('--watch', 'start again when the code changes: for development')
    .addHelpText('after', '\nSIGNALBOX_LOG_LEVEL (debug, info, warn, error, silent) sets how much is logged; info by default.')
    .action(async ({ config, json = false, once = false, watch = false, port, ...options }) => {
      if (once && watch) throw new UsageError('--once and --watch do not go together: one ends, the other stays.');
      if (once && port !== undefined)
        throw new UsageError('--once and --port do not go together: nobody asks a process that is about to end.');
      if (json && watch) throw new UsageError('--json and --watch do not go together: a document has an end.');
      // Before the box makes its logger: a process that only runs deliveries logs each of them.
      process.env['SIGNALBOX_LOG_LEVEL'] ||= 'info';
      if (watch)
        return watchWorker(
          await findConfig(process.cwd(), config),
          process.argv.slice(2).filter((word) => word !== '--watch'),
        );
      endWithParent();
      const box = await loadBox(process.cwd(), config);
      const probes = port === undefined ? undefined : await serveHealth(box, port);
      if (probes) defaultLogger().info({ port: probes.port }, `/live, /ready and /metrics are served on port ${probes.port}`);
      const done = once
        ? await workOnce(box, options)
        : {
            stopped: await box
              .worker(options)
              .run()
              .then(() => true),
          };
      await probes?.close();
      await box.close();
      if (json) printDocument(done);
    });
  addExamples(verb, [
    ['signalbox worker --queues mail --concurrency 5', 'a worker of its own for slow receivers'],
    ['signalbox worker --port 9090', 'probes and metrics beside it'],
    ['signalbox worker --once', 'from cron'],
  ]);
  return verb;
}

/**
 * Runs due deliveries until none is left, or until the process is told to end. A second signal interrupts running
 * receivers.
 */
async function workOnce(box: Signalbox, options: WorkerOptions): Promise<object> {
  const worker = box.worker(options);
  const told = new AbortController();
  const handlers = { first: () => told.abort(), second: () => void worker.stop({ force: true }) };
  const log = defaultLogger();
  let run = 0;
  let waiting: AbsentReceiver[] = [];
  await handlingSignals(handlers, log, async () => {
    for (let ran = -1; ran !== 0 && !told.signal.aborted; run += ran) ran = sumOf(await worker.tick());
    waiting = await waitingElsewhere(box);
    const sentences = waiting.map((row) => `${tellWaiting(row)}, which this box does not have`);
    log.info({ run }, [run === 0 ? 'nothing was due' : `${run} ${run === 1 ? 'delivery' : 'deliveries'} run`, ...sentences].join('; '));
  });
  return { run, waiting: waiting.map(({ name, signal, waiting }) => ({ receiver: name, signal, waiting })) };
}

const sumOf = (result: DrainResult): number => Object.values(result).reduce((sum: number, count: number) => sum + count, 0);

/**
 * The deliveries that wait for receivers that the box does not have. The receivers are announced already, so this only
 * reads.
 */
async function waitingElsewhere(box: Signalbox): Promise<AbsentReceiver[]> {
  const { elsewhere } = await box.receivers.announce();
  return elsewhere.filter(({ waiting }) => waiting > 0);
}

function parseConcurrency(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= 1_000) return number;
  throw new UsageError(`--concurrency is ${JSON.stringify(text)}; give a whole number from 1 to 1000.`);
}

function parseQueues(text: string): string[] {
  const queues = text.split(',').map((queue) => queue.trim());
  if (!queues.includes('')) return queues;
  throw new UsageError(`--queues is ${JSON.stringify(text)}; give names with commas between them.`);
}
