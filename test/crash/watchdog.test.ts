// An endless loop in a receiver: the watchdog ends the process, so that its supervisor brings it back, and nothing else is ended.
import { expect, test } from 'vitest';
import { type Program, until } from './program.ts';
import { looped } from './programs/looping-signal.ts';
import { openStage, type Stage } from './stage.ts';

const timeout = 180_000;
const FOR_EVER = 3_600_000;

async function open(): Promise<Stage> {
  const stage = await openStage();
  const box = stage.another({ services: [] });
  box.receivers.connect(looped, () => {}, { name: 'Looping.receive' });
  await box.receivers.announce();
  await box.close();
  return stage;
}

const emit = async (stage: Stage, ...blocks: number[]): Promise<void> => {
  await stage.db.transaction(async (tx) => {
    for (const [value, blockMs] of blocks.entries()) await looped.emitReliable(tx, { value, blockMs });
  });
};

const start = (stage: Stage, environment: Record<string, string> = {}): Program =>
  stage.program('looping', { LEASE: '1500ms', ...environment });

test(
  'with two workers that a supervisor starts again, a receiver in an endless loop ends dead, and its neighbours are done once',
  { timeout },
  async () => {
    await using stage = await open();
    await emit(stage, 0, 0, FOR_EVER, 0, 0, 0);
    const fleet = [start(stage), start(stage)];
    const lines: string[] = [];
    let started = 2;
    await until('all is over', async () => {
      for (const [index, program] of fleet.entries())
        if (program.hasEnded) {
          lines.push(program.errors);
          fleet[index] = start(stage);
          started++;
        }
      expect(started).toBeLessThan(20);
      return (await stage.left()) === 0;
    });
    const ended = (await stage.deliveries()).map((delivery) => delivery.split(' ')[0]);
    expect(ended.filter((state) => state === 'completed')).toHaveLength(5);
    expect(ended.filter((state) => state === 'dead')).toHaveLength(1);
    expect((await stage.effects()).map((effect) => effect.split(' ')[0])).toEqual(['0', '1', '3', '4', '5']);
    expect(lines.length).toBeGreaterThanOrEqual(2);
    for (const line of lines)
      expect(line).toMatch(
        /^signalbox: the event loop of process \d+ has been blocked for \d+ ms.*Receivers that run: Looping\.receive\./m,
      );
  },
);

test.concurrent('a process that is stopped as a whole for longer than its lease lives on', { timeout }, async () => {
  await using stage = await open();
  const program = start(stage, { LEASE: '5s' });
  await program.says('started');
  await program.kill('SIGSTOP');
  await stage.leasesOver();
  await stage.rescue();
  await program.kill('SIGCONT');
  await emit(stage, 0);
  await until('it works', async () => (await stage.left()) === 0);
  program.tell('stop');
  expect(await program.ends()).toBe(0);
  expect(program.errors).toBe('');
});

test.concurrent.each([
  ['under a debugger', { INSPECT: '1' }],
  ['without a watchdog', { WATCHDOG: 'off' }],
])('a process whose event loop is blocked for longer than its lease lives on %s', { timeout }, async (_which, environment) => {
  await using stage = await open();
  const program = start(stage, { LEASE: '1s', ...environment });
  await program.says('started');
  await emit(stage, 3_000);
  await until('it has done its work, though somewhat late', async () => (await stage.left()) === 0 || program.hasEnded);
  program.tell('stop');
  expect(await program.ends()).toBe(0);
  expect(await stage.effects()).toHaveLength(1);
});
