// signalbox errors: dead deliveries by what killed them.
import { addExamples } from '../command.ts';
import { clipped } from '../delivery-text.ts';
import { oneLine } from '../../core/visible.ts';
import { filterOf, newChoiceVerb } from '../filter-options.ts';
import { print, printDocument } from '../output.ts';
import { counted } from '../progress.ts';
import { table } from '../table.ts';
import { relative } from '../times.ts';
import { withBox } from '../with-box.ts';

export function errors() {
  const verb = newChoiceVerb(
    'errors',
    'Groups the latest 1,000 dead deliveries that match by receiver, name of the last error and the beginning of its message, the largest group first, each with one delivery to look at.',
  ).action(async ({ config, json, ...options }) => {
    const found = await withBox(config, (box) => box.deliveries.groups(filterOf(options)));
    if (json) return printDocument(found);
    const rows = found.groups.map(({ count, receiver, name, message, first, last, sample }) => [
      counted(count),
      oneLine(receiver),
      clipped(oneLine(name === '' ? 'without an error' : `${name}: ${message}`), MOST_TEXT),
      relative(first),
      relative(last),
      sample.id,
    ]);
    print(
      [
        ...table(rows, ['count', 'receiver', 'error', 'first', 'last', 'for example']),
        ...(rows.length === 0 ? ['No dead delivery matches.'] : []),
      ].join('\n'),
    );
    if (found.more)
      print(`\nOf the latest ${counted(found.grouped)} dead deliveries; there are more. Narrow them: --receiver, --since, --until.`);
  });
  addExamples(verb, [
    ['signalbox errors', 'what is broken'],
    ['signalbox errors --since 1h --receiver Orders.onPaid', 'what has broken within the last hour, of one receiver'],
  ]);
  return verb;
}

const MOST_TEXT = 110;
