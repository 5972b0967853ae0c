// signalbox erase: blanks what is stored of one person. The box does it, in batches.
import type { Signalbox } from '../../box/box.ts';
import type { EraseOptions, EraseResult } from '../../operate/erase.ts';
import { newActVerb } from '../act-verb.ts';
import { addExamples } from '../command.ts';
import { confirmed } from '../confirm.ts';
import { oneLine } from '../../core/visible.ts';
import { parsePayload } from '../filter-options.ts';
import { interruptible } from '../interrupt.ts';
import { print, printDocument } from '../output.ts';
import { counted, Progress } from '../progress.ts';
import { UsageError } from '../usage-error.ts';
import { actor } from '../who.ts';
import { withBox } from '../with-box.ts';

export function erase() {
  const verb = newActVerb(
    'erase',
    "Blanks the payloads, headers and error texts of one person's emissions: those whose payload has a value at a path. Emissions with deliveries that wait or run are left, and named: cancel these deliveries or wait for their ends, and erase again. The audit has the path, and never the value.",
  )
    .option('--payload <path=value>', 'the person: customer.email=ann@example.com; required', parsePayload)
    .option('--dry-run', 'count, and blank nothing')
    .option('--yes', 'do not ask')
    .action(async ({ config, json, as, payload, dryRun = false, yes }) => {
      if (payload === undefined) throw new UsageError('--payload is missing: give a path and a value, as customer.email=ann@example.com.');
      const outcome = await withBox(config, async (box): Promise<Outcome> => {
        const found = await erased(box, { ...payload, dryRun: true });
        if (dryRun || found.stopped || found.emissions === 0) return { ...found, ...(!dryRun && found.stopped && NOTHING) };
        const question = `Blank ${emissionsOf(found.emissions)}, found by ${oneLine(payload.path)}? They cannot be read or run again.`;
        if (!(await confirmed({ question, yes, json }))) return { ...found, ...NOTHING, stopped: true };
        return erased(box, { ...payload, by: actor(as) });
      });
      if (outcome.stopped || outcome.left > 0) process.exitCode = 1;
      if (json) printDocument({ ...outcome, dryRun });
      else print(tell(outcome, dryRun));
    });
  addExamples(verb, [
    ['signalbox erase --payload customer.email=ann@example.com --dry-run', 'how much there is of a person'],
    ['signalbox erase --payload customer.email=ann@example.com', 'blank it, after a question'],
  ]);
  return verb;
}

interface Outcome extends EraseResult {
  /** Whether the operator ended it before it was done. */
  readonly stopped: boolean;
}

const NOTHING = { emissions: 0, errors: 0 };

async function erased(box: Signalbox, options: EraseOptions): Promise<Outcome> {
  const progress = new Progress();
  let soFar: EraseResult = { ...NOTHING, waiting: [], left: 0 };
  const onProgress = (done: EraseResult): void => progress.show(`${emissionsOf((soFar = done).emissions)} …`);
  return interruptible(async (abortSignal) => {
    try {
      return { ...(await box.erase({ ...options, onProgress, abortSignal })), stopped: false };
    } catch (error) {
      if (!abortSignal.aborted) throw error;
      return { ...soFar, stopped: true };
    } finally {
      progress.end();
    }
  });
}

function tell({ emissions, errors, waiting, left, stopped }: Outcome, dryRun: boolean): string {
  const done = `${emissionsOf(emissions)} ${dryRun ? 'would be blanked' : `blanked, with ${counted(errors)} ${errors === 1 ? 'error' : 'errors'}`}.`;
  const named = waiting.map((id) => `  ${id}`);
  return [
    stopped ? `Stopped: ${done} Run it again to go on.` : done,
    ...(left === 0
      ? []
      : [`${emissionsOf(left)} left, because a delivery waits or runs. Cancel these, or wait, and erase again:`, ...named]),
    ...(left > waiting.length ? ['  (there are more)'] : []),
  ].join('\n');
}

const emissionsOf = (count: number): string => `${counted(count)} ${count === 1 ? 'emission' : 'emissions'}`;
