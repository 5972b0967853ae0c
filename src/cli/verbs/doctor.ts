// signalbox doctor: prints what box.doctor finds.
import path from 'node:path';
import type { Finding } from '../../operate/doctor/finding.ts';
import { addExamples, newBoxVerb } from '../command.ts';
import { loadBox } from '../config.ts';
import { escaped, oneLine } from '../../core/visible.ts';
import { print, printDocument, type Style, styled } from '../output.ts';

const SIGNS: Readonly<Record<Finding['status'], readonly [sign: string, style: Style]>> = {
  ok: ['✓', 'green'],
  warning: ['!', 'yellow'],
  broken: ['✗', 'red'],
};

export function doctor() {
  const verb = newBoxVerb(
    'doctor',
    'Examines the database, the way to it and what waits there: tables against this version, settings, what holds vacuum back, connections, clock, workers, overdue and dead deliveries. Writes nothing. ✓ is well, ! may do harm, ✗ is broken, each with the command or the SQL that mends it.',
  )
    .option('--strict', 'exit with 1 for a ! too')
    .option('--migrations <folder>', 'also look for migrations of this folder that are not applied')
    .action(async ({ config, json, strict, migrations }) => {
      const box = await loadBox(process.cwd(), config);
      const findings = await box.doctor(migrations === undefined ? {} : { migrations: { folder: path.resolve(migrations) } });
      await box.close();
      if (json) printDocument({ findings });
      else print(findings.map(tell).join('\n'));
      if (findings.some(({ status }) => status === 'broken' || (strict && status === 'warning'))) process.exitCode = 1;
    });
  addExamples(verb, [
    ['signalbox doctor', 'when something is wrong, and after a deploy'],
    ['signalbox doctor --strict --migrations migrations', 'in a deploy: also fails for what only may do harm'],
  ]);
  return verb;
}

function tell({ status, message, remedy }: Finding): string {
  const [sign, style] = SIGNS[status];
  const lines = remedy === undefined ? [] : escaped(remedy).split('\n');
  return [`${styled(style, sign)} ${oneLine(message)}`, ...lines.map((each) => `    ${each}`)].join('\n');
}
