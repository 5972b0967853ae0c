// Decides which receivers of the catalogue are those of a process, across renames; the store writes the result. Pure.
//
// A receiver is an identity that keeps its id; names are added to it and never removed. Each name has a row, and the rows
// of one receiver point to its root, whose id its deliveries carry. So a process that was started before a rename and is never
// restarted knows the id, and so does one that is rolled back, and no order in which old and new processes announce matters.
//
// `formerly` joins two receivers into one. Only one thing parts them again: a process that has both names as two receivers
// of the signal. Then the one that was announced last keeps all ids, for running processes know them as its own; the
// name of the other is buried with it, as `name id`, and gets a row of its own. A buried name is never joined again.
import { groupBy } from './group-by.ts';

/** A row of the catalogue. */
export interface CatalogueRow {
  readonly id: number;
  readonly signal: string;
  readonly name: string;
  /** The row whose id the deliveries of this receiver carry; null: this one. */
  readonly rootId: number | null;
  readonly queue: string;
  readonly priority: number;
  /** A process has announced a receiver of this name, not only one that had it before. */
  readonly isAnnounced: boolean;
  /** It was announced lately, and is not retired. */
  readonly isFresh: boolean;
  /** It was announced last of the names of its receiver. */
  readonly isLatest: boolean;
  /** A new version after each write. */
  readonly version: string;
}

/** A receiver as a process announces it. */
export interface OwnReceiver {
  readonly name: string;
  readonly formerly: readonly string[];
  readonly signal: string;
  readonly queue: string;
  readonly priority: number;
}

/** The new values of a row. `seen`: announced `now`, as before (`kept`), or `never`. */
export interface RowChange {
  readonly id: number;
  readonly version: string;
  readonly name: string;
  readonly rootId: number | null;
  readonly queue: string;
  readonly priority: number;
  readonly seen: 'now' | 'kept' | 'never';
}

/** A step towards a catalogue that has the receivers of a process. Nothing in it: the catalogue has them. */
export interface AnnouncementStep {
  /** To be inserted, before anything else. */
  readonly missing: readonly { readonly signal: string; readonly name: string }[];
  /** All of them or none, and only if none of these rows has changed meanwhile. */
  readonly changes: readonly RowChange[];
}

/** An id that deliveries may carry, and the receiver of this process that it stands for. */
export interface Identity {
  readonly id: number;
  readonly signal: string;
  /** The name of the receiver in this process. */
  readonly name: string;
  /** New deliveries carry this one. */
  readonly isRoot: boolean;
}

/** The next step of an announcement. @param takesNames whether the names of this process become the latest */
export function nextStep(own: readonly OwnReceiver[], rows: readonly CatalogueRow[], takesNames: boolean): AnnouncementStep {
  const steps = [...bySignal(own, rows)].map(([signal, parts]) => new SignalStep(signal, ...parts).next(takesNames));
  return { missing: steps.flatMap(({ missing }) => missing), changes: steps.flatMap(({ changes }) => changes) };
}

/** The ids of the receivers of a process, once the catalogue has them. */
export function identitiesOf(own: readonly OwnReceiver[], rows: readonly CatalogueRow[]): Identity[] {
  return [...bySignal(own, rows)].flatMap(([signal, [receivers, all]]) => {
    const names = new Map(all.map((row) => [row.name, row]));
    const groups = groupBy(all, rootOf);
    return receivers.flatMap(({ name }) => {
      const root = rootOf(names.get(name)!);
      return groups.get(root)!.map(({ id }) => ({ id, signal, name, isRoot: id === root }));
    });
  });
}

/** The id that deliveries of the receiver of a row carry. */
export const rootOf = ({ id, rootId }: Pick<CatalogueRow, 'id' | 'rootId'>): number => rootId ?? id;

/** Names hold no space, so this is none that a process can announce. */
const buried = ({ name, id }: CatalogueRow): string => `${name} ${id}`;

/** The name that was buried here, if one was. */
export const buriedName = (name: string): string | undefined => /^(\S+) /.exec(name)?.[1];

class SignalStep {
  readonly #signal: string;
  readonly #own: readonly OwnReceiver[];
  readonly #names: ReadonlyMap<string, CatalogueRow>;
  /** The rows of each receiver, by its root. */
  readonly #groups: Map<number, CatalogueRow[]>;
  readonly #changes = new Map<number, RowChange>();

  constructor(signal: string, own: readonly OwnReceiver[], rows: readonly CatalogueRow[]) {
    this.#signal = signal;
    this.#own = own;
    this.#names = new Map(rows.map((row) => [row.name, row]));
    this.#groups = groupBy(rows, rootOf);
  }

  next(takesNames: boolean): AnnouncementStep {
    const missing = [...new Set(this.#own.flatMap(({ name, formerly }) => [name, ...formerly]))].filter((name) => !this.#names.has(name));
    if (missing.length > 0) return { missing: missing.map((name) => ({ signal: this.#signal, name })), changes: [] };
    this.#part();
    if (this.#changes.size === 0) {
      this.#join();
      for (const receiver of this.#own) this.#announce(receiver, takesNames);
    }
    return { missing: [], changes: [...this.#changes.values()] };
  }

  /** Two receivers of this process are one in the catalogue: a name was reused. */
  #part(): void {
    for (const [root, sharing] of groupBy(this.#own, ({ name }) => rootOf(this.#names.get(name)!))) {
      if (sharing.length < 2) continue;
      const group = this.#groups.get(root)!;
      const latest = group.find(({ isLatest }) => isLatest)?.name;
      const keeper =
        sharing.find(({ name }) => name === latest) ??
        sharing.find(({ formerly }) => formerly.includes(latest!)) ??
        sharing.find(({ name }) => this.#names.get(name)!.id === root) ??
        sharing[0]!;
      for (const row of group) this.#change(row, {});
      for (const receiver of sharing) {
        const row = this.#names.get(receiver.name)!;
        if (receiver === keeper) this.#change(row, { seen: 'now' });
        else this.#change(row, { name: buried(row), seen: 'never' });
      }
    }
  }

  /** Joins a receiver with its former names. */
  #join(): void {
    const owners = new Map(this.#own.map((receiver) => [rootOf(this.#names.get(receiver.name)!), receiver]));
    for (const receiver of this.#own)
      for (const former of receiver.formerly) {
        const [root, other] = [this.#rootNow(receiver.name), this.#rootNow(former)];
        if (root === other || owners.has(other)) continue;
        if (this.#hasBuried(root, former) || this.#hasBuried(other, receiver.name)) continue;
        const [kept, joined] = this.#older(root, other) ? [root, other] : [other, root];
        const members = [...this.#groups.get(kept)!, ...this.#groups.get(joined)!];
        this.#groups.delete(joined);
        this.#groups.set(kept, members);
        owners.delete(joined);
        owners.set(kept, receiver);
        for (const row of members) this.#change(row, { rootId: row.id === kept ? null : kept });
        this.#change(this.#names.get(receiver.name)!, { seen: 'now' });
      }
  }

  #announce({ name, queue, priority }: OwnReceiver, takesNames: boolean): void {
    const row = this.#names.get(name)!;
    const isKnown = row.isFresh && row.queue === queue && row.priority === priority && (row.isLatest || !takesNames);
    if (!isKnown || this.#changes.get(row.id)?.seen === 'now') this.#change(row, { queue, priority, seen: 'now' });
  }

  #change(row: CatalogueRow, to: Partial<RowChange>): void {
    const { id, version, name, rootId, queue, priority } = row;
    this.#changes.set(id, { id, version, name, rootId, queue, priority, seen: 'kept', ...this.#changes.get(id), ...to });
  }

  #rootNow(name: string): number {
    const row = this.#names.get(name)!;
    return rootOf(this.#changes.get(row.id) ?? row);
  }

  #hasBuried(root: number, name: string): boolean {
    return this.#groups.get(root)!.some((row) => buriedName(row.name) === name);
  }

  /** Tells whether the first is the root: running processes know it, or it is the older one. */
  #older(one: number, other: number): boolean {
    const isAnnounced = (root: number): boolean => this.#groups.get(root)!.some((row) => row.isAnnounced);
    return isAnnounced(one) === isAnnounced(other) ? one < other : isAnnounced(one);
  }
}

function bySignal(
  own: readonly OwnReceiver[],
  rows: readonly CatalogueRow[],
): Map<string, [own: readonly OwnReceiver[], rows: readonly CatalogueRow[]]> {
  const all = groupBy(rows, ({ signal }) => signal);
  return new Map([...groupBy(own, ({ signal }) => signal)].map(([signal, receivers]) => [signal, [receivers, all.get(signal) ?? []]]));
}
