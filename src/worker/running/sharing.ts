// Decides how many deliveries of a receiver may share one transaction now. The locks of all of them are held until the last has run, so a
// group is to take a fiftieth of a second at most: as many as run in that time by the pace of the ones before. One without a pace yet
// begins with two. No clock of its own.
import type { Receiver } from '../../core/receivers.ts';
import { mostShared } from '../../core/share.ts';

const GROUP_MS = 20;
/** Of the mean, the part that a new time is. */
const NEW = 0.25;

interface State {
  /** The mean of the times. */
  meanMs: number | undefined;
  /** It does what would reach the other deliveries of its transaction. */
  isRefused: boolean;
}

export class Sharing {
  /** For receivers that do not say their own. */
  readonly #byDefault: number | undefined;
  readonly #states = new WeakMap<Receiver, State>();
  /** The time after which a group takes no further member. */
  readonly groupMs: number;

  constructor(byDefault?: number, groupMs = GROUP_MS) {
    this.#byDefault = byDefault;
    this.groupMs = groupMs;
  }

  /** The most deliveries of the receiver in one transaction. 1: each has its own. */
  most(receiver: Receiver): number {
    const wanted = mostShared(receiver, this.#byDefault);
    if (wanted < 2) return 1;
    const state = this.#states.get(receiver);
    if (state?.isRefused) return 1;
    if (state?.meanMs === undefined) return 2;
    if (state.meanMs > this.groupMs) return 1;
    return Math.max(2, Math.min(wanted, Math.floor(this.groupMs / state.meanMs)));
  }

  /** A delivery of the receiver has taken this time. */
  took(receiver: Receiver, ms: number): void {
    if (mostShared(receiver, this.#byDefault) < 2) return;
    const state = this.#stateOf(receiver);
    state.meanMs = state.meanMs === undefined ? ms : state.meanMs + NEW * (ms - state.meanMs);
  }

  /** None of its deliveries shares a transaction from now on. Returns whether that is new. */
  refuse(receiver: Receiver): boolean {
    const state = this.#stateOf(receiver);
    const isNew = !state.isRefused;
    state.isRefused = true;
    return isNew;
  }

  #stateOf(receiver: Receiver): State {
    let state = this.#states.get(receiver);
    if (!state) this.#states.set(receiver, (state = { meanMs: undefined, isRefused: false }));
    return state;
  }
}
