// Works on an errand in this process, with a line of progress. Ctrl-C pauses it, so that no worker goes on with it either.
import type { Signalbox } from '../box/box.ts';
import { isSignalboxError } from '../errors.ts';
import type { Errand } from '../store/errands/errand.ts';
import { interruptible } from './interrupt.ts';
import { print, printDocument } from './output.ts';
import { counted, Progress } from './progress.ts';

/** What became of a bulk act. `errand` is missing where nothing matched, or the answer was no. */
export interface BulkOutcome {
  readonly matched: { readonly count: number; readonly more: boolean };
  readonly errand?: Errand;
}

/** Returns the errand as it is then: done, stopped or paused by somebody, or paused by Ctrl-C. */
export async function workInPlace(box: Signalbox, id: string, by: string): Promise<Errand> {
  const progress = new Progress();
  const onProgress = ({ done }: Errand): void => progress.show(`${counted(done)} done; Ctrl-C pauses it …`);
  return interruptible(async (abortSignal) => {
    try {
      const errand = await box.errands.work(id, { onProgress, abortSignal });
      return errand.state === 'running' ? await paused(box, errand, by) : errand;
    } finally {
      progress.end();
    }
  });
}

/** A worker may have ended it in the meantime. */
async function paused(box: Signalbox, errand: Errand, by: string): Promise<Errand> {
  try {
    return await box.errands.pause(errand.id, { by });
  } catch (error) {
    if (!isSignalboxError(error, 'ErrandNotFound')) throw error;
    return (await box.errands.get(errand.id)) ?? errand;
  }
}

interface Reporting {
  readonly json: boolean | undefined;
  readonly detach?: boolean | undefined;
}

/** Prints what became of an act on many deliveries. */
export function reportBulk({ matched, errand }: Partial<BulkOutcome>, options: Reporting): void {
  if (errand) return reportErrand(errand, options, matched && { matched });
  if (options.json) return printDocument({ matched, errand: null });
  if (matched?.count === 0 && !matched.more) return print('No delivery matches.');
  process.exitCode = 1;
  print('Nothing was done.');
}

/** Prints what became of an errand, and sets the exit code: 1 where it has not ended, and was not left to workers on purpose. */
export function reportErrand(errand: Errand, { json, detach }: Reporting, more: object = {}): void {
  if (errand.state !== 'done' && !detach) process.exitCode = 1;
  if (json) printDocument({ ...more, errand });
  else print(tellErrand(errand, detach));
}

function tellErrand({ id, act, state, done, skipped }: Errand, detach: boolean | undefined): string {
  const count = `${counted(done)} ${done === 1 ? 'delivery' : 'deliveries'}`;
  const others = skipped === 0 ? '' : ` ${counted(skipped)} were changed by others meanwhile, and left alone.`;
  const hint = `See it: signalbox errands show ${id}`;
  switch (state) {
    case 'done':
      return `${DONE[act]} ${count}.${others}`;
    case 'running':
      return detach ? `Errand ${id} has begun: workers do it. ${hint}` : `Errand ${id} goes on. ${hint}`;
    case 'paused':
      return `Paused after ${count}.${others} Go on: signalbox errands resume ${id}. End it: signalbox errands stop ${id}`;
    case 'stopped':
      return `Stopped after ${count}.${others}`;
    default:
      return state satisfies never;
  }
}

const DONE: Readonly<Record<Errand['act'], string>> = {
  retry: 'Retried',
  replay: 'Replayed',
  cancel: 'Cancelled',
  move: 'Moved',
  retire: 'Cancelled',
};
