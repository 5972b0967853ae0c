// Writes the demo's output: plain lines for a terminal, coloured where the terminal has colours.
import { styleText } from 'node:util';
import { type ScenarioReport, type CheckResult, exitCodeOf, isProven } from './checks.ts';

export interface Teller {
  /** Starts a scenario. */
  title(title: string): void;
  /** Writes what is about to happen, or has happened. */
  say(text: string): void;
  /** Writes one row of data. */
  show(text: string): void;
  checked(result: CheckResult): void;
  stopped(error: unknown): void;
  summary(reports: readonly ScenarioReport[], seconds: number): void;
}

type Style = Parameters<typeof styleText>[0];

/** @param write takes a line without its end */
export function teller(write: (line: string) => void, { colours }: { colours: boolean }): Teller {
  const paint = (style: Style, text: string): string => (colours ? styleText(style, text) : text);
  const yes = paint('green', '✓');
  const no = paint('red', '✗');

  return {
    title: (title) => write(`\n${paint('bold', title)}`),
    say: (text) => write(`  ${text}`),
    show: (text) => write(paint('dim', `      ${text}`)),
    checked({ claim, holds, expected, found }) {
      if (holds) write(`    ${yes} checked: ${claim}`);
      else write(`    ${no} NOT TRUE: ${claim}\n      expected ${inOneLine(expected)}, found ${inOneLine(found)}`);
    },
    stopped: (error) => write(`    ${no} stopped: ${error instanceof Error ? error.message : String(error)}`),
    summary(reports, seconds) {
      write(`\n${paint('bold', 'What was proven')}`);
      const width = Math.max(...reports.map(({ proves }) => proves.length));
      for (const report of reports)
        write(`  ${isProven(report) ? yes : no} ${report.proves.padEnd(width)}  ${String(report.checks.length).padStart(2)} checks`);
      for (const report of reports.filter((one) => !isProven(one))) {
        write(paint('red', `\nDoes not hold: ${report.title}`));
        for (const { claim } of report.checks.filter(({ holds }) => !holds)) write(`  ${no} ${claim}`);
        if (report.error !== undefined) write(`  ${no} the scenario did not complete, and the demo ended there`);
      }
      const all = reports.flatMap(({ checks }) => checks);
      const held = all.filter(({ holds }) => holds).length;
      const verdict = exitCodeOf(reports) === 0 ? paint('green', 'Every claim held') : paint('red', 'Not every claim held');
      write(`\n${verdict}: ${held} of ${all.length} checks, in ${seconds.toFixed(1)} s.`);
    },
  };
}

const inOneLine = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? `${item}` : item)) ?? 'nothing';
