// The receivers that this worker does not call, because the service that they call is away (Unavailable), and the time when one
// delivery probes whether it is back. Pauses are kept in memory, by each worker for itself: a pause that is forgotten costs one
// call.
//
// The races: calls that were under way when the pause began may still succeed or fail. Only the probe decides, so that one
// answer out of a queue of timeouts does not end the pause, and ten failures at once count as one. And a claimed probe may be
// released before it runs, or end in a way that says nothing: whether the probe is still held is asked, not remembered.
import { outcomeKind, type Unavailable } from '../../core/outcome.ts';
import type { Receiver } from '../../core/receivers.ts';
import type { ClaimRef } from '../../store/deliveries/claim.ts';
import type { Member } from './run.ts';

/** The answer of a call of a paused receiver; `nothing` if its end says neither. */
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
  /** Whether paused receivers are probed at all. A drain ends instead. */
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
/** The shortest pause, however short the receiver asked for it. */
const LEAST_MS = 50;
/** Each pause is shorter by up to this share of itself, so that workers which paused together do not probe together. */
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

  /** Whether a claimed delivery of the receiver is to be released unrun. */
  holdsBack(receiver: Receiver | undefined, claim: ClaimRef): boolean {
    const pause = receiver && this.#paused.get(receiver);
    return pause !== undefined && !isSame(pause.probe, claim);
  }

  /** The number of deliveries of the receiver that may be claimed now: all, none, or one, its probe. */
  allowance(receiver: Receiver, now: number): number {
    const pause = this.#paused.get(receiver);
    if (!pause) return Infinity;
    if (!this.#parts.probes || now < pause.until) return 0;
    return pause.probe && this.#parts.isHeld(pause.probe) ? 0 : 1;
  }

  /** Notes the delivery that was claimed as a probe. */
  probing(receiver: Receiver, claim: ClaimRef): void {
    const pause = this.#paused.get(receiver);
    if (pause) pause.probe = claim;
  }

  /** Milliseconds until a probe is due that was not due at the claim of `claimedAt`. */
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

/** Read off the error: another copy of the module may have made it. */
const msOf = ({ delayMs }: Unavailable): number => (delayMs > LEAST_MS ? delayMs : LEAST_MS);
