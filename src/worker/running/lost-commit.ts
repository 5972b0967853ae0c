// Decides how the COMMIT of a receiver ended whose answer was lost. (That of a sender's transaction: transaction/lost-commit.ts.)
//
// The race: the server may have committed, may still do so, or may have rolled back, and the delivery may be reclaimed
// meanwhile. So the run is released first, under its own claim: the release waits for the transaction. If the release finds
// the delivery, nothing was committed. If not, the delivery was completed under this very claim, or it is another worker's.
import type { ClaimedDelivery } from '../../store/deliveries/claim.ts';
import type { CompletedRun, LostCommitsStore } from '../../store/deliveries/lost-commits.ts';
import { WriteBatcher, type WriteBatcherOptions } from './write-batcher.ts';

export class LostCommits {
  /** Writes nothing, but the question must get through as a write must. */
  readonly #questions: WriteBatcher<CompletedRun>;

  constructor(store: LostCommitsStore, options: Omit<WriteBatcherOptions<CompletedRun>, 'write'>) {
    this.#questions = new WriteBatcher({ ...options, write: (items) => store.completed(items) });
  }

  /** Whether a delivery that its release did not find is completed under this very claim. */
  async gotThrough(delivery: ClaimedDelivery): Promise<boolean> {
    return this.#questions.add(delivery);
  }

  /** Gives up on questions that wait for the database. */
  giveUp(): void {
    this.#questions.giveUp();
  }
}
