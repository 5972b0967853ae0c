// Announces the receivers of a process: reads the catalogue, decides, writes, until the catalogue has them. Several processes
// may do so at the same time, of one version of the program or of several. What one has decided on rows that another has
// changed meanwhile is not written, and it decides anew: each such loss is another's success, so all come to an end.
import type { Receiver } from '../../core/receivers.ts';
import { type CatalogueRow, identitiesOf, type Identity, nextStep, type OwnReceiver } from '../../core/renames.ts';
import type { Run } from '../../drivers/driver.ts';
import type { RowOf } from '../../drivers/statement.ts';
import { addNames, changeReceivers, readCatalogue } from './catalogue.sql.ts';

export interface AnnounceOptions {
  /** The names of this process become those that are shown. True in a process that starts, false in one that reads again. */
  readonly takesNames: boolean;
}

/** More than processes that start at once, each with another version of the program. */
const MOST_ROUNDS = 1_000;

/** Returns the ids that deliveries for these receivers may carry. In a transaction, what it wrote stays locked to the end of that. */
export async function announceReceivers(run: Run, receivers: readonly Receiver[], { takesNames }: AnnounceOptions): Promise<Identity[]> {
  const own: OwnReceiver[] = receivers.map(({ name, formerly, signal, queue, priority }) => ({
    name,
    formerly,
    signal: signal.name,
    queue,
    priority,
  }));
  const signals = JSON.stringify([...new Set(own.map(({ signal }) => signal))]);
  let isFirst = takesNames;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const rows = (await run(readCatalogue, [signals])).map(rowOf);
    const { missing, changes } = nextStep(own, rows, isFirst);
    if (missing.length > 0) await run(addNames, [JSON.stringify(missing)]);
    else if (changes.length === 0) return identitiesOf(own, rows);
    else {
      await run(changeReceivers, [JSON.stringify(changes.map(({ rootId, ...change }) => ({ ...change, root_id: rootId })))]);
      // Another that starts may have taken the names, or two versions would do so in turn.
      isFirst = false;
    }
  }
  throw new Error('The catalogue of receivers changed each time that this process wanted to announce its own.');
}

function rowOf({
  root_id: rootId,
  announced: isAnnounced,
  fresh: isFresh,
  latest: isLatest,
  ...row
}: RowOf<typeof readCatalogue.columns>): CatalogueRow {
  return { ...row, rootId, isAnnounced, isFresh, isLatest };
}
