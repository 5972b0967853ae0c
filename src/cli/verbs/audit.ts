// signalbox audit: what operators did. The box keeps it.
import { addExamples, newBoxVerb } from '../command.ts';
import { oneLine } from '../../core/visible.ts';
import { parseLimit } from '../filter-options.ts';
import { print, printDocument } from '../output.ts';
import { table } from '../table.ts';
import { told } from '../times.ts';
import { withBox } from '../with-box.ts';

const LIMIT = 50;

export function audit() {
  const verb = newBoxVerb(
    'audit',
    'Prints what operators did, by the command line and by code, the latest first: who, when, what, and how many deliveries it changed.',
  )
    .option('--limit <n>', 'how many entries, 1 to 1000', parseLimit, LIMIT)
    .option('--cursor <id>', 'go on behind this entry')
    .action(async ({ config, json, limit, cursor }) => {
      const entries = await withBox(config, (box) => box.audit.list({ limit, ...(cursor !== undefined && { beforeId: cursor }) }));
      const next = entries.length === limit ? entries.at(-1)!.id : undefined;
      if (json) return printDocument({ entries, cursor: next ?? null });
      const rows = entries.map(({ at, by, act, about, result }) => [
        told(at),
        oneLine(by),
        oneLine(act),
        brief(about),
        result === undefined ? 'not ended' : brief(result),
      ]);
      print([...table(rows, ['at', 'by', 'act', 'about', 'result']), ...(rows.length === 0 ? ['Nothing yet.'] : [])].join('\n'));
      if (next !== undefined) print(`\nMore: --cursor ${next}`);
    });
  addExamples(verb, [
    ['signalbox audit', 'the latest 50 acts'],
    ['signalbox audit --json --limit 1000', 'for a program'],
  ]);
  return verb;
}

/** An object as `receiver=Orders.onPaid states=dead`. */
export function brief(about: object): string {
  return Object.entries(about)
    .map(([name, value]) => `${oneLine(name)}=${oneLine(typeof value === 'string' ? value : JSON.stringify(value))}`)
    .join(' ');
}
