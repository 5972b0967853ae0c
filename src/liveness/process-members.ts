// Who works in this process: all workers, drains, ticks and immediate runs, of all boxes and of all copies of this package.
// What kills a worker kills the process, so a suspect runs alone only if it runs alone in the process.
//
// It decides who waits, and never who is to blame: that is decided by the rows that a dead process leaves behind (rescue).
// Nothing is reserved here, and so nothing can be left reserved: each member tells at any time what it holds, and whether it
// wants to be alone. One that wants to is waited for by all others; of several, by those that joined after it.
import { randomUUID } from 'node:crypto';

/** One worker, drain, tick or immediate run. The copies of this package share it: only ever add to it what is optional. */
export interface Member {
  /** Deliveries that it holds, or may be about to. */
  load(): number;
  /** Whether it waits to be alone, or is alone. */
  wantsSolitude(): boolean;
  /** What it waits for may have come. */
  ring(): void;
}

interface Shared {
  readonly processId: string;
  /** In the order in which they joined. */
  readonly members: Set<Member>;
}

const SHARED = Symbol.for('signalbox.company.v1');
const holder = globalThis as { [SHARED]?: Shared };
const shared = (): Shared => (holder[SHARED] ??= { processId: randomUUID(), members: new Set() });

/** Of this process and no other, not even of one that has its number later. */
export const processId = (): string => shared().processId;

/** The place of one member among the others. */
export class Company {
  readonly #members = shared().members;
  readonly #me: Member;

  constructor(me: Member) {
    this.#me = me;
    this.#members.add(me);
  }

  /** Whether it has to wait, for another that is to be alone. */
  get isPaused(): boolean {
    if (this.#members.size < 2) return false;
    const wants = this.#me.wantsSolitude();
    let isAfter = false;
    for (const member of this.#members) {
      if (member === this.#me) isAfter = true;
      else if (member.wantsSolitude() && !(wants && isAfter)) return true;
    }
    return false;
  }

  /** Whether nothing runs in this process but what it holds itself. */
  get isAlone(): boolean {
    for (const member of this.#members) if (member !== this.#me && member.load() > 0) return false;
    return true;
  }

  /** It holds less than before: those who want to be alone may wait for that. */
  holdsLess(): void {
    if (this.#members.size < 2) return;
    for (const member of this.#members) if (member !== this.#me && member.wantsSolitude()) member.ring();
  }

  /** It no longer wants to be alone: all others may go on. */
  isThrough(): void {
    for (const member of this.#members) if (member !== this.#me) member.ring();
  }

  /** It works no more. */
  leave(): void {
    this.#members.delete(this.#me);
    this.isThrough();
  }
}
