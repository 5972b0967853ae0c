// Which receivers a replay would call whose effects may lie outside their transactions. The catalogue does not say; this process knows its own
// receivers, and of those of other programs it must be assumed.
import type { Receivers } from '../../core/receivers.ts';
import type { DeliveryQuery } from '../../store/operations/filter.ts';

export interface KnownReceivers {
  readonly own: Receivers;
  /** All names of the catalogue, each with its signal and the root of its receiver. */
  list(): Promise<readonly { readonly name: string; readonly signal: string; readonly root: number; readonly latest: boolean }[]>;
}

/** The names of these receivers, among those that the filter may mean. */
export async function actingOutside({ own, list }: KnownReceivers, { receiver, signal }: DeliveryQuery): Promise<string[]> {
  const rows = await list();
  const meant = new Set(
    rows
      .filter((row) => (receiver === undefined || row.name === receiver) && (signal === undefined || row.signal === signal))
      .map(({ root }) => root),
  );
  const isTransactional = new Map<number, boolean>();
  for (const row of rows) if (own.find(row.name, row.signal)?.transactional) isTransactional.set(row.root, true);
  return [...new Set(rows.filter(({ root, latest }) => latest && meant.has(root) && !isTransactional.has(root)).map(({ name }) => name))];
}
