// signalbox signals: the signals that have receivers.
import { addExamples, newBoxVerb } from '../command.ts';
import { oneLine } from '../../core/visible.ts';
import { print, printDocument } from '../output.ts';
import { table } from '../table.ts';
import { withBox } from '../with-box.ts';

export function signals() {
  const verb = newBoxVerb(
    'signals',
    'Prints the signals that the catalogue has receivers of, by name, with the receivers that get new deliveries, and those that get none any more.',
  ).action(async ({ config, json }) => {
    const found = await withBox(config, (box) => box.signals.list());
    if (json) return printDocument({ signals: found });
    if (found.length === 0) return print('No receiver is in the catalogue.');
    const names = (list: readonly string[]): string => list.map(oneLine).join(', ') || '-';
    print(
      table(
        found.map(({ signal, receivers, retired }) => [oneLine(signal), names(receivers), names(retired)]),
        ['signal', 'receivers', 'retired'],
      ).join('\n'),
    );
  });
  addExamples(verb, [['signalbox signals', 'what is emitted, and what it reaches']]);
  return verb;
}
