// signalbox announce: the step of a deploy that registers receivers before their first worker starts. It prints the
// announcement that the store returns.
import type { AbsentReceiver, Announcement } from '../../store/catalogue/announcement.ts';
import { loadBox } from '../config.ts';
import { HELP_OPTION, print, readOptions } from '../options.ts';

const HELP = `Usage: signalbox announce [options]

Registers the receivers of the box that signalbox.config.ts (.js, .mjs) exports as its default in the
catalogue, and prints it. From then on every process that emits their signals makes deliveries for them,
whether a worker has started or not. Run it in a deploy after the migrations and before the new code.

Options:
  --config <file>       the configuration, if it is not in the current folder
  --help                show this`;

const USAGE = `Usage: signalbox announce [--config <file>]
More: signalbox announce --help`;

export async function announceCommand(args: readonly string[]): Promise<void> {
  const { config, help } = readOptions(args, { config: { type: 'string' }, ...HELP_OPTION }, USAGE);
  if (help) return print(HELP);
  const box = await loadBox(process.cwd(), config);
  print(tell(await box.receivers.announce()));
  await box.close();
}

/** The word for each list, in the order in which they are printed. */
const LISTS = [
  ['added', 'added'],
  ['changed', 'changed'],
  ['unchanged', 'unchanged'],
  ['former', 'former name'],
  ['elsewhere', 'not in this box'],
] as const;

function tell(announcement: Announcement): string {
  const rows = LISTS.flatMap(([list, word]) =>
    announcement[list].map(({ name, signal, queue, live, ...more }) => [
      word,
      name,
      signal,
      `queue ${queue}${live ? '' : ', gets no new ones'}${waitingOf(more)}`,
    ]),
  );
  const own = announcement.added.length + announcement.changed.length + announcement.unchanged.length;
  const count = `${own} ${own === 1 ? 'receiver' : 'receivers'} announced: ${LISTS.slice(0, 3)
    .map(([list, word]) => `${announcement[list].length} ${word}`)
    .join(', ')}.`;
  const others = announcement.elsewhere.length;
  const rest = others === 0 ? [] : [`${others} not in this box: of other programs, or of code that is gone.`];
  return [...table(rows), count, ...rest, ...renamesOf(announcement)].join('\n');
}

function waitingOf({ waiting }: Partial<AbsentReceiver>): string {
  return waiting ? `, ${waiting} waiting` : '';
}

/** A new receiver may be a renamed one: another receiver of the same signal that is not in this box. */
function renamesOf({ added, elsewhere }: Announcement): string[] {
  return elsewhere.flatMap(({ name, signal, live, waiting }) => {
    const heirs = live || waiting > 0 ? added.filter((receiver) => receiver.signal === signal).map((receiver) => receiver.name) : [];
    return heirs.length === 0
      ? []
      : [`Was ${name} renamed to ${heirs.join(' or ')}? Then add formerly: ['${name}'] there (docs/guides/names-and-versions.md).`];
  });
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
}
