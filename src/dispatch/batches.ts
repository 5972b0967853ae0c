// Cuts the emissions of a long emitMany into statements.
import type { NewEmission } from '../store/emissions/emissions.ts';

/** The most emissions, and the most characters of payload, of one statement. A longer emitMany takes several. */
const BATCH_ITEMS = 5_000;
const BATCH_CHARACTERS = 8 * 1024 * 1024;

export function* batches<E extends NewEmission>(emissions: readonly E[]): Generator<readonly E[]> {
  let batch: E[] = [];
  let characters = 0;
  for (const emission of emissions) {
    if (batch.length === BATCH_ITEMS || (batch.length > 0 && characters + emission.payload.length > BATCH_CHARACTERS)) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(emission);
    characters += emission.payload.length;
  }
  if (batch.length > 0) yield batch;
}
