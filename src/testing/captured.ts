// captured: what a block of a test emitted.
import { decodePayload } from '../core/envelope.ts';
import type { PayloadOf, Signal } from '../core/signal.ts';
import { recording } from '../dispatch/capture.ts';

/** One emission of a block. */
export interface CapturedEmission<Payload = unknown> {
  /** A UUID, as `emissionId` of the receipt. */
  readonly emissionId: string;
  /** Name of the signal. */
  readonly signal: string;
  /** As a receiver would get it: encoded, and read back with the schema. */
  readonly payload: Payload;
  /** Those of the emit, with those that extensions have added. */
  readonly headers: Readonly<Record<string, string>>;
  /** The number of stored deliveries: 0 with `testing: 'capture'`. */
  readonly deliveries: number;
}

/** The emissions of a block, in the order of their emits. */
export class CapturedEmissions {
  /** All of them. */
  readonly all: readonly CapturedEmission[];

  /** @internal Made by {@link captured}. */
  constructor(all: readonly CapturedEmission[]) {
    this.all = all;
  }

  /** Those of one signal. */
  of<S extends Signal>(signal: S): readonly CapturedEmission<PayloadOf<S>>[] {
    return this.all.filter((emission) => emission.signal === signal.name) as CapturedEmission<PayloadOf<S>>[];
  }

  /** The payloads of one signal. */
  payloads<S extends Signal>(signal: S): readonly PayloadOf<S>[] {
    return this.of(signal).map(({ payload }) => payload);
  }
}

/**
 * Calls `work`, and resolves to what it emitted with `emitReliable` and `emitMany`, in boxes that have `testing` set. What was rolled back
 * by its end is left out. What is in a transaction that is still open is there: so a test that rolls its transaction back can look
 * before. The emits of receivers are included if `work` waits for these: immediate mode does, and `box.drain()`.
 * @throws what `work` throws; SignalboxError `InvalidOption` if no box has `testing`
 * @example
 * const seen = await captured(() => orders.pay(1));
 * expect(seen.payloads(payment.completed)).toEqual([{ orderId: 1 }]);
 */
export async function captured(work: () => unknown): Promise<CapturedEmissions> {
  const all: CapturedEmission[] = [];
  for (const { emissionId, signal, json, headers, deliveries } of await recording(work))
    all.push({ emissionId, signal: signal.name, payload: await decodePayload(signal, json, signal.version), headers, deliveries });
  return new CapturedEmissions(all);
}
