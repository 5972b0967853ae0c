// Tests that the chart is well-formed and its bars are right.
import { expect, test } from 'vitest';
import { chart, escape } from './chart.ts';
import type { Result } from './stats.ts';

const result = (system: Result['system'], median: number, better: Result['better'] = 'higher'): Result => ({
  row: 'a < b & "c"',
  system,
  unit: 'tx/s',
  better,
  median,
  rounds: [median],
});
const widths = (svg: string): number[] =>
  [...svg.matchAll(/<rect x="210" y="\d+" width="([\d.]+)" height="11"/g)].map(([, width]) => Number(width));

test('text that SVG would take for markup is escaped', () => {
  expect(escape('a < b & "c" > d')).toBe('a &lt; b &amp; &quot;c&quot; &gt; d');
  const svg = chart([result('floor', 1)], 'x < y');
  expect(svg).toContain('<title>x &lt; y</title>');
  expect(svg).toContain('a &lt; b &amp; &quot;c&quot;');
});

test('the best has the longest bar, the others their share of it', () => {
  const [half, best] = widths(chart([result('signalbox', 50), result('floor', 100)], 'rates'));
  expect(half! / best!).toBeCloseTo(0.5);
});

test('where less is better, the smallest has the longest bar', () => {
  const [best, half] = widths(chart([result('signalbox', 5, 'lower'), result('floor', 10, 'lower')], 'times'));
  expect(half! / best!).toBeCloseTo(0.5);
});
