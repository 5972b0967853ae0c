// signalbox errands list, signalbox errands show: acts on many deliveries, and how far they are.
import { SignalboxError } from '../../../errors.ts';
import type { Errand } from '../../../store/errands/errand.ts';
import { addExamples, newBoxVerb } from '../../command.ts';
import { oneLine } from '../../../core/visible.ts';
import { parseLimit } from '../../filter-options.ts';
import { print, printDocument } from '../../output.ts';
import { counted } from '../../progress.ts';
import { table } from '../../table.ts';
import { relative, told } from '../../times.ts';
import { withBox } from '../../with-box.ts';
import { brief } from '../audit.ts';

const LIMIT = 20;

export function list() {
  const verb = newBoxVerb('list', 'Prints errands, the latest first: acts on many deliveries, who began them, and how far they are.')
    .option('--limit <n>', 'how many, 1 to 1000', parseLimit, LIMIT)
    .option('--cursor <id>', 'go on behind this errand')
    .action(async ({ config, json, limit, cursor }) => {
      const errands = await withBox(config, (box) => box.errands.list({ limit, ...(cursor !== undefined && { beforeId: cursor }) }));
      const next = errands.length === limit ? errands.at(-1)!.id : undefined;
      if (json) return printDocument({ errands, cursor: next ?? null });
      const rows = errands.map((errand) => [
        errand.id,
        errand.act,
        errand.state,
        counted(errand.done),
        oneLine(errand.by),
        relative(errand.createdAt),
        brief(errand.filter),
      ]);
      print(
        [...table(rows, ['errand', 'act', 'state', 'done', 'by', 'begun', 'filter']), ...(rows.length === 0 ? ['None yet.'] : [])].join(
          '\n',
        ),
      );
      if (next !== undefined) print(`\nMore: --cursor ${next}`);
    });
  addExamples(verb, [['signalbox errands', 'the latest 20']]);
  return verb;
}

export function show() {
  const verb = newBoxVerb('show', 'Prints one errand: what it does to which deliveries, for whom, and how far it is.')
    .argument('<id>', 'the id of an errand')
    .action(async (id, { config, json }) => {
      const errand = await withBox(config, (box) => box.errands.get(id));
      if (!errand)
        throw new SignalboxError('ErrandNotFound', `There is no errand ${oneLine(id)}. \`signalbox errands\` lists the latest ones.`);
      if (json) printDocument({ errand });
      else print(tell(errand));
    });
  addExamples(verb, [['signalbox errands show 0190f3c2-5a1b-7cc0-8d00-3f2a9e1b7c55', 'how far it is']]);
  return verb;
}

function tell({ id, act, state, done, skipped, by, filter, createdAt, updatedAt, finishedAt }: Errand): string {
  return table([
    ['errand', id],
    ['act', act],
    ['state', state],
    ['done', counted(done)],
    ['left alone', `${counted(skipped)}, which others changed meanwhile`],
    ['by', oneLine(by)],
    ['filter', brief(filter)],
    ['begun', `${told(createdAt)}, ${relative(createdAt)}`],
    finishedAt ? ['ended', `${told(finishedAt)}, ${relative(finishedAt)}`] : ['last came on', `${told(updatedAt)}, ${relative(updatedAt)}`],
  ]).join('\n');
}
