// signalbox worker --watch: runs the worker in a child process, and starts another one with the new code when a file
// that it has loaded changes. The old one ends as on SIGTERM, so no delivery stays claimed and an interruption costs no
// attempt.
import { defaultLogger, silentLogger } from '../../observe/log.ts';
import { handlingSignals } from '../../worker/process-signals.ts';
import { Changes } from './file-watcher.ts';
import { Child, type Ending } from './child.ts';

/** How long receivers may finish with the old code before they are interrupted. */
const FINISH_MS = 5_000;

/**
 * How long an interrupted worker may take to end before it is killed. Others then take over its deliveries when its
 * lease expires.
 */
const END_MS = 10_000;

/** Runs until SIGINT or SIGTERM. @param config the configuration's file @param args the command line of the child */
export async function watchWorker(config: string, args: readonly string[]): Promise<void> {
  const log = defaultLogger();
  const changes = new Changes();
  let child: Child | undefined;
  const told = new AbortController();
  const ending = new Promise<undefined>((resolve) => told.signal.addEventListener('abort', () => resolve(undefined)));
  const handlers = {
    first(): void {
      child?.ask(1);
      told.abort();
    },
    second: (): void => child?.ask(2),
  };
  const untilChanged = async (): Promise<string | undefined> => Promise.race([changes.next(), ending]);

  changes.add(config);
  await handlingSignals(handlers, silentLogger, async () => {
    while (!told.signal.aborted) {
      changes.reset();
      const current = (child = new Child(args, (file) => changes.add(file)));
      const first = await Promise.race([current.ended, untilChanged()]);
      if (told.signal.aborted) await current.ended;
      else if (typeof first === 'string') await restart(current, first);
      else await rest(first!);
    }
  });
  changes[Symbol.dispose]();

  /** Ends the worker, in order if it responds. */
  async function restart(old: Child, file: string): Promise<void> {
    log.info({ file }, 'changed: the worker starts again');
    old.ask(1);
    const timers = [setTimeout(() => old.ask(2), FINISH_MS), setTimeout(() => old.kill(), FINISH_MS + END_MS)];
    await old.ended;
    timers.forEach(clearTimeout);
  }

  /** Waits for a change after the worker has ended by itself, with its own message. */
  async function rest({ code, signal }: Ending): Promise<void> {
    child = undefined;
    changes.countAny();
    log.warn({ code, signal }, 'the worker ended: it starts again when a file changes');
    const file = await untilChanged();
    if (file !== undefined) log.info({ file }, 'changed: the worker starts again');
  }
}
