// Acts on many deliveries: count and samples first, then a question, then an errand that is worked on here, or left to the
// workers. Killed or interrupted, the errand stays, and the same line goes on with it.
import type { Signalbox } from '../box/box.ts';
import { isSignalboxError } from '../errors.ts';
import type { ErrandRequest } from '../operate/errands/request.ts';
import type { Errand } from '../store/errands/errand.ts';
import { type Asking, confirmed } from './confirm.ts';
import { deliveriesText } from './counts.ts';
import { deliveryTable } from './delivery-text.ts';
import { type BulkOutcome, workInPlace } from './errand-work.ts';
import { say } from './output.ts';
import { counted } from './progress.ts';

type Request = ErrandRequest & { readonly by: string };

export interface BulkOptions extends Pick<Asking, 'yes' | 'json'> {
  /** Leave the work to the workers. */
  readonly detach: boolean | undefined;
}

/** @throws UsageError where nobody can be asked and `--yes` is missing; what the box throws */
export async function actOnMany(box: Signalbox, request: Request, options: BulkOptions): Promise<BulkOutcome> {
  const { count, more, samples } = await box.errands.preview(request);
  const matched = { count, more };
  if (count === 0 && !more) return { matched };
  const few = deliveriesText(matched);
  if (!options.json) say([`${few} match, such as:`, ...deliveryTable(samples), ''].join('\n'));
  if (!(await confirmed({ question: `${VERBS[request.act]} ${few}?`, yes: options.yes, json: options.json }))) return { matched };
  const errand = await begun(box, request, options);
  if (errand === undefined) return { matched };
  return { matched, errand: options.detach ? errand : await workInPlace(box, errand.id, request.by) };
}

const VERBS = { retry: 'Retry', replay: 'Replay', cancel: 'Cancel' } as const;

/** A new errand, or the unfinished one that does the same, which is asked about. */
async function begun(box: Signalbox, request: Request, { yes, json }: BulkOptions): Promise<Errand | undefined> {
  try {
    return await box.errands.begin(request);
  } catch (error) {
    if (!isSignalboxError(error, 'ErrandUnfinished')) throw error;
    const { errandId } = error.details;
    const errand = await box.errands.get(errandId);
    if (!errand) throw error;
    const question = `Errand ${errandId} of ${errand.by} does the same and has done ${counted(errand.done)}. Go on with it?`;
    if (!(await confirmed({ question, yes, json }))) return undefined;
    return errand.state === 'paused' ? box.errands.resume(errandId, { by: request.by }) : errand;
  }
}
