// The command line of the benchmarks.
import { parseArgs } from 'node:util';
import { type SystemName, SYSTEMS } from './systems/system.ts';

export interface Options {
  readonly quick: boolean;
  readonly rounds: number;
  /** Beginnings of names of rows; empty: all rows. */
  readonly rows: readonly string[];
  readonly systems: readonly SystemName[];
  /** Run the growth rows instead of the others. */
  readonly growth: boolean;
  /** Also run the growth rows that take hours. */
  readonly huge: boolean;
  readonly scale: number;
  readonly json: string | undefined;
  readonly chart: string | undefined;
  readonly writeDocs: boolean;
}

const ROUNDS = 5;

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      rows: { type: 'string' },
      systems: { type: 'string' },
      growth: { type: 'boolean', default: false },
      huge: { type: 'boolean', default: false },
      scale: { type: 'string', default: '0.1' },
      json: { type: 'string' },
      chart: { type: 'string' },
      'write-docs': { type: 'boolean', default: false },
    },
  });
  const words = (text: string | undefined): string[] => text?.split(',').map((word) => word.trim()) ?? [];
  const unknown = words(values.systems).filter((name) => !SYSTEMS.includes(name as SystemName));
  if (unknown.length > 0) throw new Error(`There is no system ${unknown.join(', ')}. There are: ${SYSTEMS.join(', ')}.`);
  return {
    quick: values.quick,
    rounds: positive('rounds', values.rounds ?? (values.quick || values.growth || values.huge ? '1' : String(ROUNDS))),
    rows: words(values.rows),
    systems: values.systems === undefined ? SYSTEMS : SYSTEMS.filter((name) => words(values.systems).includes(name)),
    growth: values.growth || values.huge,
    huge: values.huge,
    scale: positive('scale', values.scale),
    json: values.json,
    chart: values.chart,
    writeDocs: values['write-docs'],
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0) return value;
  throw new Error(`--${name} is ${text}. Give a number above 0.`);
}
