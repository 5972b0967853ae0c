// Records the emissions of a block of a test. An emission belongs to a block if it was emitted in it, or by a receiver
// of an emission that belongs to it: receivers run outside the application's async contexts, so their emits are found
// by their cause. Only boxes with `testing` record. The state is one for all copies of this package in a process.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Signal } from '../core/signal.ts';
import { SignalboxError } from '../errors.ts';
import { findCall, isOf } from '../transaction/call.ts';
import type { TransactionScope } from '../transaction/scope.ts';

/** One emission. All copies of this package share this type, so new members must be optional. */
export interface Recorded {
  readonly emissionId: string;
  readonly signal: Signal;
  /** The encoded payload, as JSON. */
  readonly json: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The number of deliveries that were stored for it. */
  readonly deliveries: number;
  /** Its transaction; `undefined` for one that the box does not track. */
  readonly scope: Pick<TransactionScope, 'isUndone' | 'parent'> | undefined;
}

type Block = Recorded[];

interface Blocks {
  readonly current: AsyncLocalStorage<Block>;
  /** Those that have not ended. */
  readonly open: Set<Block>;
  /** How many open boxes record. */
  boxes: number;
}

const KEY = Symbol.for('signalbox.captured.v1');
const holder = globalThis as { [KEY]?: Blocks };
const blocks = (): Blocks => (holder[KEY] ??= { current: new AsyncLocalStorage(), open: new Set(), boxes: 0 });

/** A box records from now on, until the returned function is called. */
export function recordedBox(): () => void {
  blocks().boxes++;
  return () => void blocks().boxes--;
}

/** Calls `work`. Resolves to what was emitted in it, and not rolled back by its end. @throws SignalboxError `InvalidOption` where no box records */
export async function recording(work: () => unknown): Promise<readonly Recorded[]> {
  const { current, open } = blocks();
  refuseUnrecorded('captured');
  const block: Block = [];
  open.add(block);
  try {
    await current.run(block, work);
  } finally {
    open.delete(block);
  }
  return block.filter(({ scope }) => !isUndone(scope));
}

/** @throws SignalboxError `InvalidOption` where no box records */
export function refuseUnrecorded(what: string): void {
  if (blocks().boxes === 0)
    throw new SignalboxError(
      'InvalidOption',
      `${what}: no open box of this process has \`testing\`, so nothing would be seen. Give createSignalbox testing: 'immediate', 'manual' or 'capture'.`,
    );
}

/** Adds an emission of now to the blocks that it belongs to. */
export function record(emission: Recorded): void {
  const { current, open } = blocks();
  for (const block of open)
    if (block === current.getStore() || block.some(({ emissionId }) => findCall(isOf(emissionId)))) block.push(emission);
}

/** Whether the transaction, or a savepoint around, is rolled back. */
export const isUndone = (scope: Recorded['scope']): boolean => scope !== undefined && (scope.isUndone || isUndone(scope.parent));
