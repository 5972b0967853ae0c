// signalbox deliveries list: a page of deliveries.
import { addExamples } from '../../command.ts';
import { deliveryTable } from '../../delivery-text.ts';
import { filterOf, newFilterVerb, parseLimit } from '../../filter-options.ts';
import { print, printDocument } from '../../output.ts';
import { told } from '../../times.ts';
import { withBox } from '../../with-box.ts';

const LIMIT = 50;

export function list() {
  const verb = newFilterVerb(
    'list',
    'Prints deliveries that match all options given, the latest first; those of one receiver that wait, in the order in which they are due. A search that finds next to nothing stops after 50,000 deliveries, says how far it has come, and goes on with --cursor.',
  )
    .option('--limit <n>', 'how many, 1 to 1000', parseLimit, LIMIT)
    .option('--cursor <text>', 'the next page, as the page before says; with the same options')
    .action(async ({ config, json, limit, cursor, ...options }) => {
      const page = await withBox(config, (box) =>
        box.deliveries.page(filterOf(options), { limit, ...(cursor !== undefined && { cursor }) }),
      );
      if (json) return printDocument({ ...page, cursor: page.cursor ?? null, lookedTo: page.lookedTo ?? null });
      const lines = deliveryTable(page.deliveries);
      print(lines.length > 0 ? lines.join('\n') : page.lookedTo ? 'None so far.' : 'No delivery matches.');
      if (page.lookedTo) print(`\nLooked at 50,000 deliveries, to ${told(page.lookedTo)}. Go on: --cursor ${page.cursor}`);
      else if (page.cursor !== undefined) print(`\nMore: --cursor ${page.cursor}`);
    });
  addExamples(verb, [
    ['signalbox deliveries list --state dead', 'what has been given up'],
    ['signalbox deliveries list --receiver Orders.onPaid --since 2h', 'of one receiver, since two hours ago'],
    ['signalbox deliveries list --payload customer.email=ann@example.com --json', 'of one person, for a program'],
  ]);
  return verb;
}
