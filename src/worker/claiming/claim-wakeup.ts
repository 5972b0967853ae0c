// The wake-up of a worker's claim loop, which remembers that something may be due. The other parts of the worker know this and not
// the loop, which is made after them.
import { Wakeup } from '../waking/wakeup.ts';

export class ClaimWakeup extends Wakeup {
  /** Something may be due that no claim has looked for. */
  mayBeDue = true;

  /** Ends the sleep of the loop, which then claims. */
  workMayBeDue(): void {
    this.mayBeDue = true;
    this.wake();
  }
}
