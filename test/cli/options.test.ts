// What the options of verbs mean, and the pieces that verbs share: times, numbers, the operator's name, progress, Ctrl-C.
import os from 'node:os';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { chosenBy } from '../../src/cli/act-verb.ts';
import { confirmed, isPerson, type Streams } from '../../src/cli/confirm.ts';
import { filterOf, newFilterVerb, parseLimit, parsePayload, parseStates } from '../../src/cli/filter-options.ts';
import { interruptible, Interrupted } from '../../src/cli/interrupt.ts';
import { counted, outOf, Progress } from '../../src/cli/progress.ts';
import { parseTime, relative, span, told } from '../../src/cli/times.ts';
import { actor } from '../../src/cli/who.ts';

test('a time is how long ago, or a moment', () => {
  const now = Date.UTC(2026, 2, 1, 12);
  expect(parseTime('--since', '30m', now)).toEqual(new Date(now - 1_800_000));
  expect(parseTime('--since', '7d', now)).toEqual(new Date(now - 7 * 86_400_000));
  expect(parseTime('--since', '2026-03-01T14:00Z')).toEqual(new Date(Date.UTC(2026, 2, 1, 14)));
  for (const [text, hour, second] of [
    ['2026-03-01', 0, 0],
    ['2026-03-01T14:00', 14, 0],
    ['2026-03-01 14:00:05Z', 14, 5],
    ['2026-03-01T14:00:05.000+02:00', 12, 5],
  ] as const)
    expect(parseTime('--since', text)).toEqual(new Date(Date.UTC(2026, 2, 1, hour, 0, second)));
  for (const wrong of ['', '5', 'yesterday', '2026', '2026-13-01', '2026-03-01x', '-2h', '2026-03-01T14'])
    expect(() => parseTime('--since', wrong)).toThrow(`--since is ${JSON.stringify(wrong)}`);
});

test('lengths and times are told in their largest units', () => {
  expect([0, 999, 12_000, 3_600_000, 90_061_000].map(span)).toEqual(['0s', '0s', '12s', '1h', '1d 1h']);
  expect([relative(new Date(0), 500), relative(new Date(0), 65_000), relative(new Date(65_000), 0)]).toEqual([
    'now',
    '1m 5s ago',
    'in 1m 5s',
  ]);
  expect(told(new Date(Date.UTC(2026, 2, 1, 14, 0, 5, 999)))).toBe('2026-03-01 14:00:05Z');
  expect([counted(1_204), outOf(1, undefined), outOf(1, 10_000)]).toEqual(['1,204', '1', '1 of 10,000']);
});

test('the options of a filter make the filter, without what was not given', async () => {
  const verb = newFilterVerb('x', 'x');
  const line = [
    '--state',
    'dead,cancelled',
    '--receiver',
    'A.b',
    '--signal',
    's',
    '--error',
    'Timeout',
    '--payload',
    'a.b=c=d',
    '--until',
    '1h',
  ];
  const parsed = verb.parse(line, { from: 'user' }).opts();
  expect(filterOf(parsed)).toEqual({
    states: ['dead', 'cancelled'],
    receiver: 'A.b',
    signal: 's',
    error: 'Timeout',
    payload: { path: 'a.b', value: 'c=d' },
    until: expect.any(Date),
  });
  expect(Object.keys(filterOf({ receiver: undefined }))).toEqual([]);
});

test('a filter that cannot be meant is refused, and no value of a payload is repeated', () => {
  expect(() => parseStates('deda')).toThrow('--state is "deda". Did you mean dead?');
  expect(() => parseStates('dead,')).toThrow('--state is ""');
  expect(() => parsePayload('s3cret')).toThrow(/^(?!.*s3cret).*lacks its "="/);
  expect(() => parsePayload('=s3cret')).toThrow(/^(?!.*s3cret)/);
  expect(parsePayload('a=')).toEqual({ path: 'a', value: '' });
  expect(['1', '1000'].map(parseLimit)).toEqual([1, 1_000]);
  for (const wrong of ['0', '1001', '1.5', 'x', '']) expect(() => parseLimit(wrong)).toThrow('--limit is');
});

test('an act is on an id, or on what a filter says; never on both, nor on everything', () => {
  expect(chosenBy('retry', undefined, { state: ['dead'] })).toEqual({ filter: { states: ['dead'] } });
  expect(chosenBy('retry', '12', {})).toEqual({ id: '12', receiver: undefined });
  expect(chosenBy('retry', 'x', { receiver: 'A.b' })).toEqual({ id: 'x', receiver: 'A.b' });
  expect(() => chosenBy('retry', undefined, {})).toThrow('say which deliveries to retry');
  expect(() => chosenBy('retry', '12', { state: ['dead'] })).toThrow('beside it only --receiver is taken');
});

test('the operator is the one that --as names, or the user of the system', () => {
  expect(actor('ann')).toBe('ann');
  expect(actor(undefined)).toBe(`${os.userInfo().username}@${os.hostname()}`);
  const spy = vi.spyOn(os, 'userInfo').mockImplementation(() => {
    throw new Error('no such user');
  });
  onTestFinished(() => spy.mockRestore());
  expect(actor(undefined)).toMatch(/^(uid \d+|unknown)@/);
});

/** A terminal at which nobody has to sit: what is written to `input` was typed. */
function terminal({ isTTY = true } = {}): Streams & { written: () => string; type: (text: string) => void } {
  const input = Object.assign(new PassThrough(), { isTTY, setRawMode: () => input });
  const output = Object.assign(new PassThrough(), { isTTY, columns: 80, rows: 24 });
  let text = '';
  output.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return {
    input: input as unknown as Streams['input'],
    output: output as unknown as Streams['output'],
    written: () => text,
    type: (typed) => void input.write(typed),
  };
}

const asking = { question: 'Retry 12 deliveries?', yes: undefined, json: undefined };

test('an act on many rows is confirmed at a terminal; no answer but yes begins it', async () => {
  vi.stubEnv('CI', '');
  onTestFinished(() => void vi.unstubAllEnvs());
  for (const [typed, answer] of [
    ['y', true],
    ['n', false],
    ['\r', false],
    ['\u0003', false],
    ['\u001b', false],
  ] as const) {
    const streams = terminal();
    const answered = confirmed(asking, streams);
    await vi.waitFor(() => expect(streams.written()).toContain('Retry 12 deliveries?'));
    streams.type(typed);
    expect([typed, await answered]).toEqual([typed, answer]);
  }
});

test('where nobody can be asked, --yes is needed, and nothing is printed', async () => {
  vi.stubEnv('CI', '');
  onTestFinished(() => void vi.unstubAllEnvs());
  const [person, pipe] = [terminal(), terminal({ isTTY: false })];
  expect([isPerson(person), isPerson(pipe), isPerson({ ...person, input: pipe.input })]).toEqual([true, false, false]);
  // Typed in advance, so that a question that is asked all the same is answered.
  for (const { type } of [person, person, pipe]) type('\u0003');
  await expect(confirmed(asking, pipe)).rejects.toThrow('Nothing was done. Retry 12 deliveries? Nobody can be asked here: add --yes.');
  await expect(confirmed({ ...asking, json: true }, person)).rejects.toThrow('add --yes');
  expect(await confirmed({ ...asking, yes: true, json: true }, pipe)).toBe(true);
  vi.stubEnv('CI', 'true');
  await expect(confirmed(asking, person)).rejects.toThrow('add --yes');
  expect([person.written(), pipe.written()]).toEqual(['', '']);
});

test('progress is one line of a terminal, cut to its width, and nothing elsewhere', () => {
  const [screen, pipe] = [terminal(), terminal({ isTTY: false })];
  for (const { output } of [screen, pipe]) {
    const progress = new Progress(output);
    progress.show('a'.repeat(100));
    progress.show('done');
    progress.end();
    progress.end();
  }
  expect(screen.written()).toContain(`${'a'.repeat(79)}\u001b[1G\u001b[2K`);
  expect(screen.written().endsWith('done\u001b[1G\u001b[2K')).toBe(true);
  expect(pipe.written()).toBe('');
});

test('the first Ctrl-C asks, the second ends the process', async () => {
  const counts = (): number[] => ['SIGINT', 'SIGTERM'].map((signal) => process.listenerCount(signal));
  const before = counts();
  const reason = await interruptible(async (signal) => {
    expect(counts()).toEqual(before.map((count) => count + 1));
    process.emit('SIGINT', 'SIGINT');
    // With no listener left, another one has its default effect.
    expect(counts()).toEqual(before);
    await turn();
    return signal.reason as unknown;
  });
  expect(reason).toBeInstanceOf(Interrupted);
  await expect(interruptible(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(counts()).toEqual(before);
});
