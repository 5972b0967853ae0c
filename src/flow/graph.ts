// The flow of signals as a graph: which signal reaches which receivers, and which signals the receivers emit in turn. Made from the
// catalogue and from counts over a window of time; pure, so that the command line and the pages draw the same.
//
// A module is what belongs together by name: the first part of a signal's name (`payment` of `payment.completed`) and the service of a
// receiver (`Order` of `Order.onPaymentCompleted`). The two are one module when they differ in case only.
import { groupBy } from '../core/group-by.ts';

/** A receiver of the catalogue. One of several signals is in the list once for each. */
export interface FlowReceiver {
  readonly receiver: string;
  readonly signal: string;
  /** Whether it, or its queue, is paused. */
  readonly paused?: boolean;
  /** Deliveries that wait and are due, as far as known. */
  readonly due?: number;
  readonly dead?: number;
}

/** How often a receiver ran for a signal, by outcome. */
export interface FlowRuns {
  readonly receiver: string;
  readonly signal: string;
  readonly completed: number;
  /** Failed attempts, which are tried again. */
  readonly failed: number;
  readonly dead: number;
}

/** How often a signal was emitted. */
export interface FlowEmits {
  readonly signal: string;
  /** The receiver in whose run it was emitted; `undefined` where none was. */
  readonly causedBy: string | undefined;
  readonly count: number;
}

/** What happened in a window of time. */
export interface FlowTraffic {
  readonly minutes: number;
  readonly runs: readonly FlowRuns[];
  readonly emits: readonly FlowEmits[];
}

export type NodeKind = 'signal' | 'receiver' | 'module';

/** How a node or an edge does, the worst first. */
export type FlowState = 'dead' | 'failing' | 'paused' | 'busy' | 'idle';

export interface FlowNode {
  /** Its kind and name, as `signal payment.completed`. */
  readonly id: string;
  readonly kind: NodeKind;
  readonly name: string;
  readonly module: string;
  readonly state: FlowState;
  /** Of a signal: how often it was emitted in the window. */
  readonly emitted: number;
  /** Of a receiver, or all of a module. */
  readonly due: number;
  readonly dead: number;
  /** Of a module: how many receivers and signals are in it. */
  readonly holds: { readonly signals: number; readonly receivers: number } | undefined;
}

export interface FlowEdge {
  /** Ids of nodes. */
  readonly from: string;
  readonly to: string;
  /** `delivers`: a signal to a receiver. `emits`: a receiver to a signal. `both`: between modules. */
  readonly kind: 'delivers' | 'emits' | 'both';
  readonly state: FlowState;
  /** Runs, or emits, in the window. */
  readonly count: number;
  /** Those runs that failed, and those that ended as dead. */
  readonly failed: number;
  readonly dead: number;
}

export interface FlowGraph {
  /** The window that was counted; 0 if nothing was. */
  readonly minutes: number;
  /** By id. */
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly FlowEdge[];
}

export const idOf = (kind: NodeKind, name: string): string => `${kind} ${name}`;

/** What stands before the first dot; the whole name where there is none. */
export const firstPart = (name: string): string => name.split('.', 1)[0]!;

export const NO_TRAFFIC: FlowTraffic = { minutes: 0, runs: [], emits: [] };

/** The graph of a catalogue. Signals that were emitted and reach no receiver are in it, too; runs of receivers that it lacks are not. */
export function flowGraph(receivers: readonly FlowReceiver[], traffic: FlowTraffic = NO_TRAFFIC): FlowGraph {
  const known = new Set(receivers.map(({ receiver }) => receiver));
  const emits = traffic.emits.filter(({ count }) => count > 0);
  const edges = [...deliveriesOf(receivers, traffic.runs), ...causedOf(emits, known)].toSorted(byEnds);
  const modules = moduleNames([...receivers.flatMap(({ signal, receiver }) => [signal, receiver]), ...emits.map(({ signal }) => signal)]);
  const moduleOf = (name: string): string => modules.get(firstPart(name).toLowerCase())!;
  const nodes = [
    ...signalNodes(receivers, emits).map((node) => ({ ...node, module: moduleOf(node.name) })),
    ...receiverNodes(receivers, edges).map((node) => ({ ...node, module: moduleOf(node.name) })),
  ].toSorted((a, b) => compare(a.id, b.id));
  return { minutes: traffic.minutes, nodes, edges };
}

/** The names of modules by their names in lower case: written as the first in the order of the alphabet has it, capitals first. */
function moduleNames(names: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const part of names.map(firstPart).toSorted(compare)) if (!found.has(part.toLowerCase())) found.set(part.toLowerCase(), part);
  return found;
}

type Unplaced = Omit<FlowNode, 'module'>;

function signalNodes(receivers: readonly FlowReceiver[], emits: readonly FlowEmits[]): Unplaced[] {
  const emitted = new Map<string, number>(receivers.map(({ signal }) => [signal, 0]));
  for (const { signal, count } of emits) emitted.set(signal, (emitted.get(signal) ?? 0) + count);
  return [...emitted].map(([name, count]) => ({
    id: idOf('signal', name),
    kind: 'signal',
    name,
    state: count > 0 ? 'busy' : 'idle',
    emitted: count,
    due: 0,
    dead: 0,
    holds: undefined,
  }));
}

function receiverNodes(receivers: readonly FlowReceiver[], edges: readonly FlowEdge[]): Unplaced[] {
  const byName = groupBy(receivers, ({ receiver }) => receiver);
  return [...byName].map(([name, rows]): Unplaced => {
    const id = idOf('receiver', name);
    const dead = sum(rows, (row) => row.dead ?? 0);
    const states = edges.filter((edge) => edge.to === id).map(({ state }) => state);
    const paused: FlowState[] = rows.some((row) => row.paused) ? ['paused'] : [];
    return {
      id,
      kind: 'receiver',
      name,
      state: worst([...states, ...paused, ...(dead > 0 ? (['dead'] as const) : [])]),
      emitted: 0,
      due: sum(rows, (row) => row.due ?? 0),
      dead,
      holds: undefined,
    };
  });
}

function deliveriesOf(receivers: readonly FlowReceiver[], runs: readonly FlowRuns[]): FlowEdge[] {
  const counted = groupBy(runs, ({ signal, receiver }) => `${signal} ${receiver}`);
  const pairs = new Map(receivers.map((each) => [`${each.signal} ${each.receiver}`, each]));
  return [...pairs].map(([key, { signal, receiver }]) => {
    const rows = counted.get(key) ?? [];
    const failed = sum(rows, (row) => row.failed);
    const dead = sum(rows, (row) => row.dead);
    return edgeOf('delivers', idOf('signal', signal), idOf('receiver', receiver), {
      count: sum(rows, (row) => row.completed) + failed + dead,
      failed,
      dead,
    });
  });
}

function causedOf(emits: readonly FlowEmits[], known: ReadonlySet<string>): FlowEdge[] {
  const pairs = new Map<string, { signal: string; receiver: string; count: number }>();
  for (const { signal, causedBy, count } of emits) {
    if (causedBy === undefined || !known.has(causedBy)) continue;
    const key = `${signal} ${causedBy}`;
    pairs.set(key, { signal, receiver: causedBy, count: count + (pairs.get(key)?.count ?? 0) });
  }
  return [...pairs.values()].map(({ signal, receiver, count }) =>
    edgeOf('emits', idOf('receiver', receiver), idOf('signal', signal), { count, failed: 0, dead: 0 }),
  );
}

type Counts = Pick<FlowEdge, 'count' | 'failed' | 'dead'>;

export const edgeOf = (kind: FlowEdge['kind'], from: string, to: string, counts: Counts): FlowEdge => ({
  from,
  to,
  kind,
  ...counts,
  state: counts.dead > 0 ? 'dead' : counts.failed > 0 ? 'failing' : counts.count > 0 ? 'busy' : 'idle',
});

const ORDER: readonly FlowState[] = ['dead', 'failing', 'paused', 'busy', 'idle'];

/** The first of the order that is among them; `idle` of none. */
export const worst = (states: readonly FlowState[]): FlowState => ORDER.find((state) => states.includes(state)) ?? 'idle';

/** By code units: the same on every machine. */
export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const byEnds = (a: FlowEdge, b: FlowEdge): number => compare(a.from, b.from) || compare(a.to, b.to);

export const sum = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((total, item) => total + of(item), 0);
