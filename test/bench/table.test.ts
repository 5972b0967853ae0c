// Tests that the table has the measured values.
import { expect, test } from 'vitest';
import type { Better, Result } from './stats.ts';
import type { SystemName } from './systems/system.ts';
import { markdown, number, table } from './table.ts';

const result = (system: SystemName, rounds: readonly number[], better: Better = 'higher'): Result => ({
  row: 'emit',
  system,
  unit: 'tx/s',
  better,
  median: rounds[Math.floor(rounds.length / 2)]!,
  rounds,
});
function cells(text: string, line: number): string[] {
  const cut = text.split('\n')[line]!.split('|').slice(1, -1);
  return cut.map((cell) => cell.trim());
}

test('a row has the median of each system, with the minimum and the maximum of its rounds', () => {
  expect(cells(table([result('signalbox', [90, 100, 1_200]), result('floor', [200])]), 2)).toEqual([
    'emit',
    'tx/s',
    '100 (90–1,200)',
    '200',
    '–',
    '0.50',
  ]);
});

test('Signalbox is compared with the best of the peers, and the floor is not one of them', () => {
  const text = table([result('signalbox', [100]), result('graphile-worker', [50]), result('pg-boss', [80]), result('floor', [400])]);
  expect(cells(text, 0).slice(-2)).toEqual(['signalbox : best peer', 'signalbox : floor']);
  expect(cells(text, 2).slice(-2)).toEqual(['1.25', '0.25']);
});

test('where less is better, the best peer is the one with the smallest number', () => {
  const text = table([result('signalbox', [10], 'lower'), result('graphile-worker', [5], 'lower'), result('pg-boss', [20], 'lower')]);
  expect(cells(text, 2)).toEqual(['emit', 'tx/s, less is better', '10', '5', '20', '0.50']);
});

test('a value is told with the medians of its parts, and with the settings that were found', () => {
  const text = table([{ ...result('signalbox', [30], 'lower'), parts: { Node: 20.5, server: 9.5 }, setting: 'ahead 500' }]);
  expect(cells(text, 2)[2]).toBe('30: Node 20.5, server 9.5; ahead 500');
});

test('a note replaces a number that was not measured', () => {
  const text = table([{ ...result('pg-boss', [900]), note: '≥ 900 (documented)' }]);
  expect(cells(text, 2)).toEqual(['emit', 'tx/s', '≥ 900 (documented)']);
});

test('numbers have three digits, and no fraction from a hundred on', () => {
  expect([0.012_34, 1.239, 99.96, 1_234.5, Number.NaN].map(number)).toEqual(['0.0123', '1.24', '100', '1,235', '–']);
});

test('a bar in a cell does not end the cell', () => {
  expect(markdown([['a|b'], ['c']])).toBe('| a\\|b |\n|------|\n| c    |');
});
