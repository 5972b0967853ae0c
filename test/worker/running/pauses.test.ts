// Decides which deliveries of a paused receiver may be claimed, and when the receiver is resumed.
import { expect, test } from 'vitest';
import { Unavailable } from '../../../src/index.ts';
import type { Receiver } from '../../../src/core/receivers.ts';
import { type Answer, Pauses } from '../../../src/worker/running/pauses.ts';

const receiver = { name: 'R' } as Receiver;
const claim = (id: string) => ({ id, epoch: 1, workerId: 7 });
const away = (delay: number): Answer => ({ unavailable: new Unavailable(delay) });

function fixture({ probes = true } = {}) {
  const told: string[] = [];
  const held = new Set<string>();
  const pauses = new Pauses({
    probes,
    isHeld: ({ id }) => held.has(id),
    onPaused: (_receiver, { delayMs }) => told.push(`paused ${delayMs}`),
    onResumed: (_receiver, { pausedMs }) => told.push(`resumed ${pausedMs}`),
  });
  const ended = (id: string, answer: Answer, now: number, random = 0): void =>
    pauses.ended(receiver, [{ delivery: claim(id) }], answer, now, random);
  /** Starts a probe with a delivery, which must be allowed. */
  const probe = (id: string, answer: Answer, now: number): void => {
    expect(pauses.allowance(receiver, now)).toBe(1);
    pauses.probing(receiver, claim(id));
    ended(id, answer, now);
  };
  return { pauses, told, held, ended, probe, at: (now: number) => pauses.allowance(receiver, now) };
}

test('a receiver whose call found a service unavailable is not claimed until a probe is due', () => {
  const { pauses, told, ended, at } = fixture();
  ended('1', 'answered', 0);
  expect([at(0), pauses.isEmpty]).toEqual([Infinity, true]);
  ended('2', away(1_000), 5_000);
  expect([at(5_000), at(5_999), at(6_000)]).toEqual([0, 0, 1]);
  expect([told, pauses.receivers]).toEqual([['paused 1000'], [receiver]]);
});

test('while a probe is claimed, there is no second one; a lost probe is replaced', () => {
  const { pauses, ended, held, at } = fixture();
  ended('1', away(1_000), 0);
  pauses.probing(receiver, claim('2'));
  held.add('2');
  expect(at(2_000)).toBe(0);
  held.delete('2');
  expect(at(2_000)).toBe(1);
});

test('claimed deliveries are held back, except for the probe', () => {
  const { pauses, ended } = fixture();
  expect(pauses.holdsBack(receiver, claim('2'))).toBe(false);
  ended('1', away(1_000), 0);
  pauses.probing(receiver, claim('2'));
  expect(['2', '3'].map((id) => pauses.holdsBack(receiver, claim(id)))).toEqual([false, true]);
  // The probe of another claim.
  expect(pauses.holdsBack(receiver, { ...claim('2'), epoch: 2 })).toBe(true);
  expect(pauses.holdsBack(undefined, claim('3'))).toBe(false);
});

test('each failed probe doubles the pause, up to eight times the first pause', () => {
  const { ended, probe, at } = fixture();
  ended('1', away(1_000), 0);
  let now = 1_000;
  for (const next of [2_000, 4_000, 8_000, 8_000]) {
    probe('p', away(1_000), now);
    expect([at(now + next - 1), at(now + next)]).toEqual([0, 1]);
    now += next;
  }
});

test('a pause is never shorter than the last one that the receiver asked for, and has some jitter', () => {
  const { ended, probe, at } = fixture();
  ended('1', away(1_000), 0, 1);
  expect([at(799), at(800)]).toEqual([0, 1]);
  probe('p', away(60_000), 1_000);
  expect([at(60_999), at(61_000)]).toEqual([0, 1]);
});

test('of many failures at once, the first one pauses, and none doubles the pause', () => {
  const { ended, told, at } = fixture();
  for (const id of ['1', '2', '3']) ended(id, away(1_000), 0);
  expect([told, at(1_000)]).toEqual([['paused 1000'], 1]);
});

test('only the probe resumes a receiver: not a late call from before the pause', () => {
  const { ended, told, probe, at } = fixture();
  ended('1', away(1_000), 0);
  ended('2', 'answered', 500);
  expect(at(500)).toBe(0);
  probe('p', 'answered', 1_500);
  expect([at(1_500), told]).toEqual([Infinity, ['paused 1000', 'resumed 1500']]);
});

test('a probe without a result is followed by another one, after the same pause', () => {
  const { ended, probe, at, told } = fixture();
  ended('1', away(1_000), 0);
  probe('p', 'nothing', 1_000);
  expect([at(1_999), at(2_000), told]).toEqual([0, 1, ['paused 1000']]);
});

test('a drain does not probe', () => {
  const { pauses, ended, at } = fixture({ probes: false });
  ended('1', away(1_000), 0);
  expect([at(1_000_000), pauses.waitMs(0, 1)]).toEqual([0, Infinity]);
});

test('the loop waits for the next probe, unless it was due at the last claim', () => {
  const { pauses, ended } = fixture();
  expect(pauses.waitMs(0, 0)).toBe(Infinity);
  ended('1', away(1_000), 0);
  expect([pauses.waitMs(0, 400), pauses.waitMs(999, 1_200), pauses.waitMs(1_000, 1_200)]).toEqual([600, 0, Infinity]);
});

test('every pause has a minimum', () => {
  const { ended, at } = fixture();
  ended('1', away(0), 0);
  expect([at(49), at(50)]).toEqual([0, 1]);
});
