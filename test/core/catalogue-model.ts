// Models the catalogue in memory, and processes that announce in it step by step, as the store does: a process reads,
// then it inserts or changes the rows that it read, and a change counts only if no other process has changed the row
// since.
import {
  type AnnouncementStep,
  buriedName,
  type CatalogueRow,
  identitiesOf,
  nextStep,
  type OwnReceiver,
  rootOf,
} from '../../src/core/renames.ts';

const SIGNAL = 'signal';

interface Entry {
  name: string;
  rootId: number | null;
  queue: string;
  priority: number;
  /** 0: never. */
  seen: number;
  version: number;
}

/** A receiver named `b`, formerly `a`, is `b<a`. */
export function own(...receivers: string[]): OwnReceiver[] {
  return receivers.map((text) => {
    const [name, ...formerly] = text.split('<');
    return { name: name!, formerly, signal: SIGNAL, queue: 'default', priority: 0 };
  });
}

export class Model {
  readonly entries = new Map<number, Entry>();
  #clock = 0;

  read(): CatalogueRow[] {
    return [...this.entries].map(([id, { name, rootId, queue, priority, seen, version }]) => ({
      id,
      signal: SIGNAL,
      name,
      rootId,
      queue,
      priority,
      isAnnounced: seen > 0,
      isFresh: seen > 0,
      isLatest: seen > 0 && this.#groupOf(id).every((entry) => entry.seen <= seen),
      version: String(version),
    }));
  }

  insert({ missing }: AnnouncementStep): void {
    for (const { name } of missing)
      if (![...this.entries.values()].some((entry) => entry.name === name))
        this.entries.set(this.entries.size + 1, {
          name,
          rootId: null,
          queue: '',
          priority: 0,
          seen: 0,
          version: ++this.#clock,
        });
  }

  change({ changes }: AnnouncementStep): void {
    if (changes.some(({ id, version }) => String(this.entries.get(id)!.version) !== version)) return;
    const now = ++this.#clock;
    for (const { id, name, rootId, queue, priority, seen } of changes) {
      const before = this.entries.get(id)!;
      this.entries.set(id, {
        name,
        rootId,
        queue,
        priority,
        seen: seen === 'now' ? now : seen === 'never' ? 0 : before.seen,
        version: now,
      });
    }
  }

  /** The ids for which an emission has deliveries. */
  targets(): number[] {
    const live = [...this.entries].filter(([, { seen }]) => seen > 0);
    return [...new Set(live.map(([id, { rootId }]) => rootOf({ id, rootId })))];
  }

  /** The receivers, each as its names, the root's first. */
  groups(): string[] {
    const roots = [...this.entries].filter(([, { rootId }]) => rootId === null);
    return roots
      .map(([root]) => [root, ...[...this.entries.keys()].filter((id) => this.entries.get(id)!.rootId === root)])
      .map((ids) =>
        ids.map((id) => (buriedName(this.entries.get(id)!.name) ? '†' : '') + this.entries.get(id)!.name.split(' ')[0]!).join(' '),
      );
  }

  #groupOf(id: number): Entry[] {
    const root = rootOf({ id, rootId: this.entries.get(id)!.rootId });
    return [...this.entries].filter(([other, { rootId }]) => rootOf({ id: other, rootId }) === root).map(([, entry]) => entry);
  }
}

/** One process. Each step is a read or a write. */
export class Announcer {
  readonly #model: Model;
  readonly #own: readonly OwnReceiver[];
  #read: CatalogueRow[] | undefined;
  #isFirst = true;
  /** The names of this process by the ids that it runs, once it has announced. */
  known: ReadonlyMap<number, string> | undefined;

  constructor(model: Model, receivers: readonly OwnReceiver[]) {
    this.#model = model;
    this.#own = receivers;
  }

  step(): void {
    if (!this.#read) {
      this.#read = this.#model.read();
      return;
    }
    const step = nextStep(this.#own, this.#read, this.#isFirst);
    if (step.missing.length > 0) this.#model.insert(step);
    else if (step.changes.length > 0) {
      this.#model.change(step);
      this.#isFirst = false;
    } else this.known = new Map(identitiesOf(this.#own, this.#read).map(({ id, name }) => [id, name]));
    this.#read = undefined;
  }

  announce(): this {
    this.known = undefined;
    for (let steps = 0; !this.known; steps++) {
      if (steps > 100) throw new Error('It does not come to an end.');
      this.step();
    }
    return this;
  }
}
