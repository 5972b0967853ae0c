// A process of one system and one role: it sends or works on calls of the harness, so that no two systems and no two
// roles share a heap, and the harness takes no resources from the measured process.
import { setTimeout as pause } from 'node:timers/promises';
import { textOf, TYPICAL } from './payload.ts';
import { type Calls, now, type Request, type Response, systemOf } from './protocol.ts';
import type { Payload, RunningWorker, Sender, System } from './systems/system.ts';

const { system } = (await import(`./systems/${systemOf(process.argv[2])}.ts`)) as { system: System };

let sender: Sender;
let worker: RunningWorker;
let value = 0;
let runs = 0;
let firstAt = 0;
const starts: [number, number][] = [];

const typical = textOf(TYPICAL);

const payloads = (size: number, filler = typical): Payload[] => Array.from({ length: size }, () => ({ value: value++, filler }));

const calls: { [Name in keyof Calls]: (...args: Parameters<Calls[Name]>) => ReturnType<Calls[Name]> | Promise<ReturnType<Calls[Name]>> } = {
  setUp: (url, settings) => system.setUp(url, settings),
  openSender: async (url, connections, settings) => void (sender = await system.sender(url, connections, settings)),
  emitFor: async ({ topic, clients, ms, payload = { value: 1, filler: typical }, drizzle = false }) => {
    const emit = (drizzle && sender.emitByDrizzle) || sender.emit;
    let [count, all] = [0, 0];
    const until = now() + ms;
    const client = async (): Promise<void> => {
      for (;;) {
        await emit(topic, payload);
        all += 1;
        if (now() > until) return;
        count += 1;
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    return { count, all };
  },
  emitTimes: async (topic, times) => {
    for (const payload of payloads(times)) await sender.emit(topic, payload);
  },
  emitManyTimes: async (topic, size, times, filler) => {
    const took: number[] = [];
    for (let time = 0; time < times; time += 1) {
      const batch = payloads(size, filler);
      const from = now();
      await sender.emitMany(topic, batch);
      took.push(now() - from);
    }
    return took;
  },
  emitAtRate: async (topic, perSecond, ms) => {
    const committed: number[] = [];
    const under: Promise<void>[] = [];
    const from = now();
    for (let index = 0; index < (perSecond * ms) / 1_000; index += 1) {
      const wait = from + (index * 1_000) / perSecond - now();
      if (wait > 0) await pause(wait);
      under.push(sender.emit(topic, { value: index, filler: typical }).then(() => void (committed[index] = now())));
    }
    await Promise.all(under);
    return committed;
  },
  closeSender: () => sender.close(),
  startWorker: async (url, { stuck = false, times = false, ...setup }) => {
    const onRun = (payload: Payload): void | Promise<void> => {
      runs += 1;
      if (runs === 1) firstAt = now();
      if (times) starts.push([payload.value, now()]);
      if (stuck) return new Promise(() => {});
    };
    const from = now();
    worker = await system.worker(url, { ...setup, onRun });
    return now() - from;
  },
  progress: () => ({ runs, firstAt }),
  starts: () => starts,
  cpu: () => {
    const { user, system: kernel } = process.cpuUsage();
    return (user + kernel) / 1_000;
  },
  memory: () => {
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    return { rss, heapUsed };
  },
  stopWorker: () => worker.stop(),
};

process.on('message', (request: Request) => void answer(request));
process.on('disconnect', () => process.exit());

async function answer({ id, name, args }: Request): Promise<void> {
  const say = (response: Response): void => void process.send?.(response);
  try {
    say({ id, result: await (calls[name] as (...given: readonly unknown[]) => unknown)(...args) });
  } catch (error) {
    say({ id, error: error instanceof Error ? `${error.stack}` : String(error) });
  }
}
