// Emits with a dedupe key: which payload has which key, and the receipts of those whose keys others have. Only emits with a key come here.
// store/emissions/deduped.sql.ts has the race.
import type { EmissionReceipt, EmitManyOptions, EmitOptions } from '../core/dispatcher.ts';
import { DAY_MS, toMs } from '../core/duration.ts';
import { checkValue } from '../core/options.ts';
import { dedupeKey as keyRule } from '../core/rules.ts';
import type { Signal } from '../core/signal.ts';
import type { Run } from '../drivers/driver.ts';
import { isConflict } from '../drivers/error-kind.ts';
import { SignalboxError } from '../errors.ts';
import type { DedupeStore, KeyedEmission } from '../store/emissions/deduped.ts';
import type { AppendOptions, NewEmission } from '../store/emissions/emissions.ts';
import { batches } from './batches.ts';

/** The options of either emit. */
export type AnyEmitOptions = Omit<EmitOptions, 'dedupeKey'> & {
  readonly dedupeKey?: EmitOptions['dedupeKey'] | EmitManyOptions['dedupeKey'];
};

/** The dedupe keys of an emit. */
export interface Keys {
  /** In the order of the payloads. */
  readonly keys: readonly string[];
  readonly withinMs: number;
}

/** What an emit with keys came to. */
export interface Deduped {
  /** In the order of the payloads. */
  readonly receipts: EmissionReceipt[];
  /** Those that were stored. */
  readonly fresh: readonly NewEmission[];
  readonly xid: string | undefined;
  readonly moved: boolean;
}

const DEFAULT_WITHIN_MS = DAY_MS;

/** The keys of an emit that has one of their options. @throws SignalboxError `InvalidOption`; what the caller's function throws */
export function keysOf(signal: Signal, payloads: readonly unknown[], { dedupeKey, within }: AnyEmitOptions): Keys {
  if (dedupeKey === undefined)
    throw new SignalboxError(
      'InvalidOption',
      `${signal.name}.emitReliable: within is given without a dedupeKey. Give one, or leave within out.`,
    );
  const keys =
    typeof dedupeKey === 'string'
      ? [dedupeKey]
      : payloads.map((payload) => {
          const key: unknown = dedupeKey(payload as never);
          checkValue(key, keyRule, `${signal.name}.emitMany`, 'a key of dedupeKey');
          return key as string;
        });
  return { keys, withinMs: within === undefined ? DEFAULT_WITHIN_MS : toMs(within, `${signal.name}.emitReliable: within`) };
}

/** The first emission of each key, in the one order in which all emits take their keys. */
export function firstsOf(emissions: readonly NewEmission[], { keys }: Keys): KeyedEmission[] {
  const firsts = new Map<string, KeyedEmission>();
  for (const [index, { id, payload }] of emissions.entries()) {
    const key = keys[index]!;
    if (!firsts.has(key)) firsts.set(key, { id, key, payload });
  }
  return [...firsts.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Of an emission with the receipt of its key: a duplicate, unless the receipt is its own. */
export const receiptOf = ({ id }: NewEmission, receipt: EmissionReceipt): EmissionReceipt =>
  receipt.duplicate || receipt.emissionId === id ? receipt : { ...receipt, duplicate: true };

/**
 * Stores those emissions whose keys are free, in the transaction of `run`.
 * @throws SignalboxError `DedupeConflict`
 */
export async function appendDeduped(
  { store, signal }: { readonly store: DedupeStore; readonly signal: Signal },
  run: Run,
  emissions: readonly NewEmission[],
  keys: Keys,
  options: AppendOptions,
): Promise<Deduped> {
  const byKey = new Map<string, EmissionReceipt>();
  let xid: string | undefined;
  let moved = false;
  for (const batch of batches(firstsOf(emissions, keys))) {
    const stored = await store.append(run, batch, options, keys.withinMs).catch((error: unknown) => {
      throw isConflict(error) ? conflict(signal, error) : error;
    });
    for (const { id, key } of batch) {
      const holder = stored.holders.get(key);
      byKey.set(
        key,
        holder
          ? { emissionId: holder.id, deliveries: holder.deliveries, duplicate: true }
          : { emissionId: id, deliveries: stored.deliveries },
      );
    }
    xid ??= stored.xid;
    moved ||= stored.moved;
  }
  const receipts = emissions.map((emission, index) => receiptOf(emission, byKey.get(keys.keys[index]!)!));
  return { receipts, fresh: emissions.filter((_emission, index) => !receipts[index]!.duplicate), xid, moved };
}

const conflict = (signal: Signal, cause: unknown): SignalboxError =>
  new SignalboxError(
    'DedupeConflict',
    `${signal.name}: another transaction wrote a dedupe key of this emit since the snapshot of this one was taken, or waits for it, so it cannot be told here whether the emit is a duplicate. Nothing was stored: run the whole transaction again.`,
    { cause },
  );
