// Dedupe keys in capture mode, which stores nothing: they are remembered in this process, by its clock, until their windows end or their
// transactions are rolled back. Nothing waits here: a key is taken as soon as an emit has it.
import type { EmissionReceipt } from '../core/dispatcher.ts';
import { isUndone, type Recorded } from './capture.ts';

interface Taken {
  readonly receipt: EmissionReceipt;
  readonly until: number;
  readonly scope: Recorded['scope'];
}

export class CapturedKeys {
  readonly #taken = new Map<string, Taken>();

  /** The receipt of the emission that has the key; without one, `make` makes that of a new emission, which takes it. */
  take(
    signal: string,
    key: string,
    { withinMs, scope }: { readonly withinMs: number; readonly scope: Recorded['scope'] },
    make: () => EmissionReceipt,
  ): EmissionReceipt {
    // A signal's name has no space.
    const place = `${signal} ${key}`;
    const taken = this.#taken.get(place);
    const now = Date.now();
    if (taken && taken.until > now && !isUndone(taken.scope)) return { ...taken.receipt, duplicate: true };
    const receipt = make();
    this.#taken.set(place, { receipt, until: now + withinMs, scope });
    return receipt;
  }
}
