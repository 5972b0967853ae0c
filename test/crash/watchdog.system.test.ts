// An endless loop in a receiver: the watchdog ends the process, so that a supervisor restarts it, and ends no other
// process.
import { expect, test } from 'vitest';
import { type Program, until } from '../processes/program.ts';
import { looped } from './programs/looping-signal.ts';
import { openCrashHarness, type CrashHarness } from './crash-harness.ts';

const timeout = 180_000;
const FOR_EVER = 3_600_000;

async function open(): Promise<CrashHarness> {
  const h = await openCrashHarness();
  const box = h.another({ services: [] });
  box.receivers.connect(looped, () => {}, { name: 'Looping.receive' });
  await box.receivers.announce();
  await box.close();
  return h;
}

const emit = async (h: CrashHarness, ...blocks: number[]): Promise<void> => {
  await h.db.transaction(async (tx) => {
    for (const [value, blockMs] of blocks.entries()) await looped.emitReliable(tx, { value, blockMs });
  });
};

const start = (h: CrashHarness, environment: Record<string, string> = {}): Program =>
  h.program('looping', { LEASE: '1500ms', ...environment });

test(
  'with two workers that a supervisor restarts, a delivery with an endless loop ends dead, and its neighbours are done once',
  { timeout },
  async () => {
    await using h = await open();
    await emit(h, 0, 0, FOR_EVER, 0, 0, 0);
    const fleet = [start(h), start(h)];
    const lines: string[] = [];
    let started = 2;
    await until('all is over', async () => {
      for (const [index, program] of fleet.entries())
        if (program.hasEnded) {
          lines.push(program.errors);
          fleet[index] = start(h);
          started++;
        }
      expect(started).toBeLessThan(20);
      return (await h.left()) === 0;
    });
    const ended = (await h.deliveries()).map((delivery) => delivery.split(' ')[0]);
    expect(ended.filter((state) => state === 'completed')).toHaveLength(5);
    expect(ended.filter((state) => state === 'dead')).toHaveLength(1);
    expect((await h.effects()).map((effect) => effect.split(' ')[0])).toEqual(['0', '1', '3', '4', '5']);
    expect(lines.length).toBeGreaterThanOrEqual(2);
    for (const line of lines)
      expect(line).toMatch(
        /^signalbox: the event loop of process \d+ has been blocked for \d+ ms.*Receivers that run: Looping\.receive\./m,
      );
  },
);

test.concurrent('a process that is stopped as a whole for longer than its lease lives on', { timeout }, async () => {
  await using h = await open();
  const program = start(h, { LEASE: '5s' });
  await program.says('started');
  await program.kill('SIGSTOP');
  await h.leasesOver();
  await h.rescue();
  await program.kill('SIGCONT');
  await emit(h, 0);
  await until('it works', async () => (await h.left()) === 0);
  program.tell('stop');
  expect(await program.ends()).toBe(0);
  expect(program.errors).toBe('');
});

test.concurrent.each([
  ['under a debugger', { INSPECT: '1' }],
  ['without a watchdog', { WATCHDOG: 'off' }],
])('a process whose event loop is blocked for longer than its lease lives on %s', { timeout }, async (_which, environment) => {
  await using h = await open();
  const program = start(h, { LEASE: '1s', ...environment });
  await program.says('started');
  await emit(h, 3_000);
  await until('it has done its work, though somewhat late', async () => (await h.left()) === 0 || program.hasEnded);
  program.tell('stop');
  expect(await program.ends()).toBe(0);
  expect(await h.effects()).toHaveLength(1);
});
