// The charts of the pages: what is drawn lies in the plane, the table says the same, and nothing has a style of its own. Stored pictures are
// in expected/; `npx vitest run test/dashboard/charts -u` writes them anew.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { durationText, latencyChart, type LatencyStep } from '../../../src/dashboard/charts/latency.ts';
import { BOTTOM, INNER, WIDTH } from '../../../src/dashboard/charts/plane.ts';
import { sparkline } from '../../../src/dashboard/charts/sparkline.ts';
import { failuresChart, type OutcomeStep, throughputChart } from '../../../src/dashboard/charts/throughput.ts';
import { faultOf, textOf } from '../../support/markup.ts';

const START = Date.UTC(2026, 10, 29, 9, 0);
const at = (index: number): Date => new Date(START + index * 60_000);

const count = fc.oneof(fc.constant(0), fc.nat(5), fc.nat(2_000_000));
const anyThroughput = fc
  .array(fc.record({ completed: count, retrying: count, dead: count }), { maxLength: 70 })
  .map((steps): OutcomeStep[] => steps.map((step, index) => ({ at: at(index), ...step })));

const ms = fc.option(fc.double({ min: 0, max: 4_000_000, noNaN: true }), { nil: undefined });
const anyLatency = fc.array(ms, { maxLength: 70 }).map((values): LatencyStep[] =>
  values.map((p50, index) => ({
    at: at(index),
    p50,
    p95: p50 === undefined ? undefined : p50 * 2,
    p99: p50 === undefined ? undefined : p50 * 9,
  })),
);

/** The attributes of the elements of one name that have a class. */
const drawn = (markup: string, look: string): Record<string, number>[] =>
  Array.from(markup.matchAll(new RegExp(`<(?:rect|circle) class="${look}[^"]*"([^>]*)`, 'g')), ([, attributes]) =>
    Object.fromEntries(Array.from(attributes!.matchAll(/(\w+)="([-\d.]+)"/g), ([, name, value]) => [name!, Number(value)])),
  );

const rowsOf = (markup: string): string[][] =>
  Array.from(markup.split('<tbody>')[1]!.matchAll(/<tr>(.*?)<\/tr>/g), ([, row]) => textOf(row!).split('\n').filter(Boolean));

describe('the chart of throughput', () => {
  test('draws each outcome of each step inside of the plane, and none where there was none', () => {
    fc.assert(
      fc.property(anyThroughput, (steps) => {
        const markup = throughputChart('throughput', steps, 60);
        expect(faultOf(markup)).toBeUndefined();
        expect(markup).not.toMatch(/NaN|Infinity|undefined|\sstyle=/);
        for (const { x, y, width, height } of drawn(markup, 'bar') as { x: number; y: number; width: number; height: number }[]) {
          expect(x).toBeGreaterThanOrEqual(INNER.left);
          expect(x + width).toBeLessThanOrEqual(WIDTH - INNER.right + 0.02);
          expect(y).toBeGreaterThanOrEqual(INNER.top - 3.1);
          expect(y + height).toBeLessThanOrEqual(BOTTOM + 0.02);
        }
        for (const outcome of ['completed', 'retrying', 'dead'] as const)
          expect(drawn(markup, `bar is-${outcome}`)).toHaveLength(steps.filter((step) => step[outcome] > 0).length);
      }),
    );
  });

  test('has a table of the same numbers', () => {
    fc.assert(
      fc.property(anyThroughput, (steps) => {
        const wanted = steps.map((step) => [
          step.at.toISOString().slice(11, 16),
          ...[step.completed, step.retrying, step.dead].map(String),
        ]);
        expect(rowsOf(throughputChart('throughput', steps, 60))).toEqual(wanted);
      }),
    );
  });

  test('of failures leaves out what went well', () => {
    const markup = failuresChart('f', [{ at: at(0), completed: 1_000, retrying: 2, dead: 1 }], 60);
    expect(drawn(markup, 'bar is-completed')).toEqual([]);
    expect(rowsOf(markup)).toEqual([['09:00', '2', '1']]);
  });

  test('shows one failure beside a million that went well', () => {
    const [failed] = drawn(throughputChart('t', [{ at: at(0), completed: 1_000_000, retrying: 0, dead: 1 }], 60), 'bar is-dead');
    expect(failed!['height']).toBeGreaterThanOrEqual(1.5);
  });
});

describe('the chart of latency', () => {
  test('draws inside of the plane whatever the durations are, and lone steps as points', () => {
    fc.assert(
      fc.property(anyLatency, (steps) => {
        const markup = latencyChart('latency', 'Run time', steps, 60);
        expect(faultOf(markup)).toBeUndefined();
        expect(markup).not.toMatch(/NaN|Infinity|undefined|\sstyle=/);
        const lone = steps.filter(
          (step, index) => step.p50 !== undefined && steps[index - 1]?.p50 === undefined && steps[index + 1]?.p50 === undefined,
        );
        const points = drawn(markup, 'dot');
        expect(points).toHaveLength(lone.length * 3);
        for (const { cy } of points) {
          expect(cy).toBeGreaterThanOrEqual(INNER.top);
          expect(cy).toBeLessThanOrEqual(BOTTOM);
        }
        const paths = Array.from(markup.matchAll(/class="line [^"]*" d="([^"]*)"/g), ([, d]) => Array.from(d!.matchAll(/[\d.]+/g), Number));
        const ys = paths.flatMap((numbers) => numbers.filter((_, index) => index % 2 === 1));
        for (const y of ys) {
          expect(y).toBeGreaterThanOrEqual(INNER.top);
          expect(y).toBeLessThanOrEqual(BOTTOM);
        }
      }),
    );
  });

  test.each([
    [0.4, '0.4 ms'],
    [12, '12 ms'],
    [999.4, '999 ms'],
    [1_240, '1.2 s'],
    [59_400, '59 s'],
    [61_000, '1 min'],
    [3_600_000, '1 h'],
  ])('says %d ms as %s', (duration, words) => {
    expect(durationText(duration)).toBe(words);
  });
});

test('a sparkline says its last and its highest number, and lies in its picture', () => {
  fc.assert(
    fc.property(fc.array(count, { maxLength: 60 }), (values) => {
      const markup = sparkline('Completed in each minute', values);
      expect(faultOf(markup)).toBeUndefined();
      expect(markup).toContain(`aria-label="Completed in each minute: ${values.at(-1) ?? 0} now, ${Math.max(0, ...values)} at most"`);
      expect(markup).not.toMatch(/NaN|Infinity|undefined|\sstyle=/);
    }),
  );
});

test('an hour is drawn as stored', async () => {
  const hour = Array.from({ length: 60 }, (_, index) => index);
  const outcomes = hour.map((index) => ({
    at: at(index),
    completed: 300 + ((index * 37) % 90),
    retrying: index % 7 === 0 ? 12 : 0,
    dead: index === 40 ? 9 : 0,
  }));
  await expect(throughputChart('throughput', outcomes, 60)).toMatchFileSnapshot('expected/throughput.markup');
  const latency = hour.map((index) => ({ at: at(index), p50: 4 + (index % 5), p95: 40 + index, p99: index === 40 ? 9_000 : 200 }));
  await expect(latencyChart('latency', 'Run time', latency, 60)).toMatchFileSnapshot('expected/latency.markup');
  await expect(
    sparkline(
      'Completed',
      hour.map((index) => (index * 37) % 90),
    ),
  ).toMatchFileSnapshot('expected/sparkline.svg');
});
