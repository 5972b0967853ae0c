// signalbox receivers list: the catalogue.
import { addExamples, newBoxVerb } from '../../command.ts';
import { oneLine } from '../../../core/visible.ts';
import { print, printDocument } from '../../output.ts';
import { notesOf } from '../../status-text.ts';
import { table } from '../../table.ts';
import { relative } from '../../times.ts';
import { withBox } from '../../with-box.ts';

export function list() {
  const verb = newBoxVerb(
    'list',
    'Prints the receivers of the catalogue, retired ones among them, by signal and name: those of this box and of every other program that has announced some.',
  ).action(async ({ config, json }) => {
    const receivers = await withBox(config, (box) => box.receivers.list());
    if (json) return printDocument({ receivers });
    if (receivers.length === 0) return print('No receiver is in the catalogue.');
    const rows = receivers.map((receiver) => [
      oneLine(receiver.receiver),
      oneLine(receiver.signal),
      oneLine(receiver.queue),
      String(receiver.priority),
      receiver.lastSeenAt ? relative(receiver.lastSeenAt) : 'never',
      [notesOf(receiver), ...(receiver.formerly.length > 0 ? [`formerly ${receiver.formerly.map(oneLine).join(', ')}`] : [])]
        .filter(Boolean)
        .join(', '),
    ]);
    print(table(rows, ['receiver', 'signal', 'queue', 'priority', 'announced', '']).join('\n'));
  });
  addExamples(verb, [['signalbox receivers', 'all of them']]);
  return verb;
}
