// The members of this process that hold deliveries: all workers, drains, ticks and immediate runs, of all boxes and of all copies of
// this package. What kills a worker kills its process, so a suspect is in quarantine only if nothing else runs in the process.
//
// It decides which member waits. Which delivery is to blame is decided later, by the rows that a dead process leaves behind (rescue).
// Nothing is reserved here, so no failure can leave anything reserved: each member tells at any time how much it holds, and whether
// it wants a quarantine. All others wait for a member that does; of several that do, those that joined later wait.
import { randomUUID } from 'node:crypto';

/** One worker, drain, tick or immediate run. The copies of this package share it: only ever add to it what is optional. */
export interface Member {
  /** Deliveries that it holds, or may be about to. */
  load(): number;
  /** Whether it waits for a quarantine, or has one. */
  wantsQuarantine(): boolean;
  /** The state that it waits for may have come. */
  wake(): void;
}

interface Shared {
  readonly processId: string;
  /** In the order in which they joined. */
  readonly members: Set<Member>;
}

const SHARED = Symbol.for('signalbox.process-members.v1');
const holder = globalThis as { [SHARED]?: Shared };
const shared = (): Shared => (holder[SHARED] ??= { processId: randomUUID(), members: new Set() });

/** Identifies this process among all others, including later ones with the same pid. */
export const processId = (): string => shared().processId;

/** The members of the process, as one of them sees them. */
export class ProcessMembers {
  readonly #members = shared().members;
  readonly #me: Member;

  constructor(me: Member) {
    this.#me = me;
    this.#members.add(me);
  }

  /** Whether this member has to wait for the quarantine of another. */
  get mustWait(): boolean {
    if (this.#members.size < 2) return false;
    const wants = this.#me.wantsQuarantine();
    let isAfter = false;
    for (const member of this.#members) {
      if (member === this.#me) isAfter = true;
      else if (member.wantsQuarantine() && !(wants && isAfter)) return true;
    }
    return false;
  }

  /** Whether no other member holds anything. */
  get othersAreIdle(): boolean {
    for (const member of this.#members) if (member !== this.#me && member.load() > 0) return false;
    return true;
  }

  /** This member holds less than before: members that want a quarantine may be waiting for that. */
  holdsLess(): void {
    if (this.#members.size < 2) return;
    for (const member of this.#members) if (member !== this.#me && member.wantsQuarantine()) member.wake();
  }

  /** This member no longer wants a quarantine: all others may go on. */
  quarantineEnded(): void {
    for (const member of this.#members) if (member !== this.#me) member.wake();
  }

  /** This member has ended. */
  leave(): void {
    this.#members.delete(this.#me);
    this.quarantineEnded();
  }
}
