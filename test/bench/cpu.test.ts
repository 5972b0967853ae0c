// Tests that CPU times are read from the right places.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { readStat, serverCpu, statOf } from './cpu.ts';

test('a name with spaces and parentheses moves no field', () => {
  const fields = ['S', 7, ...Array.from({ length: 9 }, () => 0), 12, 3, 40, 5, 20];
  expect(readStat(`31 (postgres: io (worker) 0) ${fields.join(' ')}`)).toEqual({ parent: 7, own: 150, ended: 450 });
});

test.runIf(process.platform === 'linux')(
  'the time of a process that worked is counted for its parent, also when it has ended',
  async () => {
    const busy = 'const until = Date.now() + 300; while (Date.now() < until);';
    const before = (await serverCpu(process.pid))!;
    const child = spawn(process.execPath, ['-e', `${busy} process.stdout.write("done"); process.stdin.resume();`]);
    await once(child.stdout, 'data');
    expect((await statOf(child.pid!))?.parent).toBe(process.pid);
    const own = (await statOf(child.pid!))!.own;
    expect(own).toBeGreaterThan(0);
    expect((await serverCpu(process.pid))! - before).toBeGreaterThanOrEqual(own);
    child.kill();
    await once(child, 'exit');
    expect((await serverCpu(process.pid))! - before).toBeGreaterThanOrEqual(own);
  },
);
