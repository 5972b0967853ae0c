// signalbox announce: the step of a deploy that registers receivers before their first worker starts. It prints the
// announcement that the store returns.
import type { AbsentReceiver, Announcement } from '../../store/catalogue/announcement.ts';
import { addExamples, newBoxVerb } from '../command.ts';
import { loadBox } from '../config.ts';
import { print, printDocument } from '../output.ts';
import { table } from '../table.ts';

export function announce() {
  const verb = newBoxVerb(
    'announce',
    'Registers the receivers of the box that signalbox.config.ts (.js, .mjs) exports as its default in the catalogue, and prints it. From then on every process that emits their signals makes deliveries for them, whether a worker has started or not. Run it in a deploy after the migrations and before the new code.',
  ).action(async ({ config, json }) => {
    const box = await loadBox(process.cwd(), config);
    const announcement = await box.receivers.announce();
    await box.close();
    if (json) printDocument(announcement);
    else print(tell(announcement));
  });
  addExamples(verb, [['signalbox announce', 'in a deploy, between the migrations and the new code']]);
  return verb;
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
