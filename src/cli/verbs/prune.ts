// signalbox prune: deletes what retention lets go, now and in this process. The box does it, in batches.
import type { Signalbox } from '../../box/box.ts';
import type { PruneOptions, PruneResult } from '../../operate/prune.ts';
import { newActVerb } from '../act-verb.ts';
import { addExamples } from '../command.ts';
import { confirmed } from '../confirm.ts';
import { parseDuration } from '../duration-option.ts';
import { interruptible } from '../interrupt.ts';
import { print, printDocument } from '../output.ts';
import { counted, Progress } from '../progress.ts';
import { actor } from '../who.ts';
import { withBox } from '../with-box.ts';

export function prune() {
  const verb = newActVerb(
    'prune',
    'Deletes finished deliveries, with their emissions and errors, that are older than the retention of the box says, as workers do by themselves. Nothing goes that was emitted or finished within the last hour, and no emission before all its deliveries may go.',
  )
    .option('--older-than <age>', 'this age in place of the retention: 12h, 90d', parseDuration('--older-than'))
    .option('--dead', 'dead deliveries, too')
    .option('--dry-run', 'count, and delete nothing')
    .option('--yes', 'do not ask; asked is with --older-than and --dead, which delete what workers would keep')
    .action(async ({ config, json, as, olderThan, dead, dryRun = false, yes }) => {
      const choice = {
        ...(olderThan !== undefined && { olderThan }),
        ...(dead && { states: ['completed', 'cancelled', 'dead'] as const }),
      };
      const outcome = await withBox(config, async (box) => {
        if (!dryRun && Object.keys(choice).length > 0) {
          const found = await pruned(box, { ...choice, dryRun: true });
          if (found.stopped) return { ...found, ...NOTHING };
          if (!(await confirmed({ question: `Delete ${tell(found)}?`, yes, json }))) return { ...NOTHING, stopped: true };
        }
        return pruned(box, { ...choice, dryRun, by: actor(as) });
      });
      if (outcome.stopped) process.exitCode = 1;
      if (json) printDocument({ ...outcome, dryRun });
      else if (outcome.stopped) print(`Stopped: ${tell(outcome)} deleted. Run it again to go on.`);
      else print(`${tell(outcome)} ${dryRun ? 'would be deleted' : 'deleted'}.`);
    });
  addExamples(verb, [
    ['signalbox prune --dry-run', 'how much is over its age'],
    ['signalbox prune --dead --older-than 90d', 'what nobody has looked at for three months, after a question'],
    ['signalbox prune', 'from cron, where no worker runs for long'],
  ]);
  return verb;
}

interface Outcome extends PruneResult {
  /** Whether the operator ended it before it was done. */
  readonly stopped: boolean;
}

const NOTHING: PruneResult = { emissions: 0, deliveries: 0, errors: 0 };

/** Prunes with progress, until it is done or Ctrl-C stops it between two batches. */
async function pruned(box: Signalbox, options: PruneOptions): Promise<Outcome> {
  const progress = new Progress();
  let soFar = NOTHING;
  const onProgress = (done: PruneResult): void => progress.show(`${tell((soFar = done))} …`);
  return interruptible(async (abortSignal) => {
    try {
      return { ...(await box.prune({ ...options, onProgress, abortSignal })), stopped: false };
    } catch (error) {
      if (!abortSignal.aborted) throw error;
      return { ...soFar, stopped: true };
    } finally {
      progress.end();
    }
  });
}

const tell = ({ emissions, deliveries, errors }: PruneResult): string =>
  `${counted(emissions)} ${emissions === 1 ? 'emission' : 'emissions'} with ${counted(deliveries)} ${deliveries === 1 ? 'delivery' : 'deliveries'} and ${counted(errors)} ${errors === 1 ? 'error' : 'errors'}`;
