// Receivers that this worker does not call, because what they call is away (Unavailable), and when one delivery probes whether it
// is back. Kept in memory, for each worker by itself: a pause that is forgotten costs one call.
//
// The races: calls that were under way when the pause began may still succeed or fail; only the probe decides, so that one
// answer out of a queue of timeouts ends no pause, and ten failures at once are one. And a probe that was claimed may be given
// back before it is run, or never come to an end that tells anything: it is asked for, not remembered, whether it is still held.
import { outcomeKind, type Unavailable } from '../../core/outcome.ts';
import type { Receiver } from '../../core/receivers.ts';
import type { ClaimRef } from '../../store/deliveries/claim.ts';
import type { Member } from './run.ts';

/** What came of a call of a paused receiver: `nothing` if that tells neither way. */
export type Answer = 'answered' | 'nothing' | { readonly unavailable: Unavailable };

export function answerOf(members: readonly Pick<Member, 'execution'>[]): Answer {
  let answer: Answer = 'nothing';
  for (const { execution } of members) {
    if (!execution) continue;
    const threw =
      execution.kind === 'settled' ? execution : execution.kind === 'outcome' && execution.outcome.kind === 'threw' && execution.outcome;
    if (threw && outcomeKind(threw.error) === 'unavailable') return { unavailable: threw.error as Unavailable };
    if (threw || execution.kind === 'committed' || (execution.kind === 'outcome' && execution.outcome.kind === 'returned'))
      answer = 'answered';
  }
  return answer;
}

export interface PausesParts {
  onPaused(receiver: Receiver, about: { readonly delayMs: number; readonly error: unknown }): void;
  onResumed(receiver: Receiver, about: { readonly pausedMs: number }): void;
  /** Whether the delivery of this claim is still to be run, or running. */
  isHeld(claim: ClaimRef): boolean;
  /** Whether paused receivers are ever probed. A drain ends instead. */
  readonly probes: boolean;
}

interface Pause {
  readonly since: number;
  /** The first and shortest pause. */
  readonly firstMs: number;
  delayMs: number;
  until: number;
  probe: ClaimRef | undefined;
}

/** The longest pause is this many times the first. */
const LONGEST = 8;
/** However short the pause that was asked for. */
const LEAST_MS = 50;
/** Each pause is shorter by up to this share of itself: workers that paused together do not probe together. */
const JITTER = 0.2;

export class Pauses {
  readonly #parts: PausesParts;
  readonly #paused = new Map<Receiver, Pause>();

  constructor(parts: PausesParts) {
    this.#parts = parts;
  }

  /** The paused receivers. */
  get receivers(): readonly Receiver[] {
    return [...this.#paused.keys()];
  }

  get isEmpty(): boolean {
    return this.#paused.size === 0;
  }

  /** Whether a delivery of the receiver that was claimed is to be given back unrun. */
  holdsBack(receiver: Receiver | undefined, claim: ClaimRef): boolean {
    const pause = receiver && this.#paused.get(receiver);
    return pause !== undefined && !isSame(pause.probe, claim);
  }

  /** How many deliveries of the receiver may be claimed now: all, none, or one, its probe. */
  allowance(receiver: Receiver, now: number): number {
    const pause = this.#paused.get(receiver);
    if (!pause) return Infinity;
    if (!this.#parts.probes || now < pause.until) return 0;
    return pause.probe && this.#parts.isHeld(pause.probe) ? 0 : 1;
  }

  /** The delivery that was claimed for a probe. */
  probing(receiver: Receiver, claim: ClaimRef): void {
    const pause = this.#paused.get(receiver);
    if (pause) pause.probe = claim;
  }

  /** Milliseconds until the next probe is due that was not due at a claim at `claimedAt`. */
  waitMs(claimedAt: number, now: number): number {
    let until = Infinity;
    if (this.#parts.probes) for (const pause of this.#paused.values()) if (pause.until > claimedAt) until = Math.min(until, pause.until);
    return Math.max(0, until - now);
  }

  /**
   * A call of the receiver has ended.
   * @param members the deliveries that it was for @param random from 0 to 1
   */
  ended(receiver: Receiver, members: readonly { readonly delivery: ClaimRef }[], answer: Answer, now: number, random: number): void {
    const pause = this.#paused.get(receiver);
    if (!pause) {
      if (typeof answer === 'object') this.#begin(receiver, answer.unavailable, now, random);
      return;
    }
    if (!members.some(({ delivery }) => isSame(pause.probe, delivery))) return;
    pause.probe = undefined;
    if (answer === 'answered') {
      this.#paused.delete(receiver);
      this.#parts.onResumed(receiver, { pausedMs: now - pause.since });
    } else {
      const asked = typeof answer === 'object' ? msOf(answer.unavailable) : 0;
      if (typeof answer === 'object') pause.delayMs = Math.max(asked, Math.min(pause.delayMs * 2, pause.firstMs * LONGEST));
      pause.until = now + pause.delayMs * (1 - JITTER * random);
    }
  }

  #begin(receiver: Receiver, error: Unavailable, now: number, random: number): void {
    const delayMs = msOf(error);
    this.#paused.set(receiver, { since: now, firstMs: delayMs, delayMs, until: now + delayMs * (1 - JITTER * random), probe: undefined });
    this.#parts.onPaused(receiver, { delayMs, error });
  }
}

const isSame = (probe: ClaimRef | undefined, { id, epoch }: ClaimRef): boolean => probe?.id === id && probe.epoch === epoch;

/** Another copy of the module may have made it. */
const msOf = ({ delayMs }: Unavailable): number => (delayMs > LEAST_MS ? delayMs : LEAST_MS);
