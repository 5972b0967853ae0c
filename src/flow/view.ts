// Parts of a graph that a person can read: what is near one node, what a search finds, modules as one node each. Pure.
import { groupBy } from '../core/group-by.ts';
import { byEnds, compare, edgeOf, type FlowEdge, type FlowGraph, type FlowNode, idOf, sum, worst } from './graph.ts';

/** Which part of the graph is wanted. Absent members leave it as it is. */
export interface FlowView {
  /** Id of a node: shows what leads to it and what it leads to. */
  readonly focus?: string | undefined;
  /** Shows the nodes whose names contain this, in any case, with their neighbours. */
  readonly search?: string | undefined;
  /** Names of modules that are drawn as one node. */
  readonly closed?: readonly string[] | undefined;
}

/** How far from a focused node: a receiver, its signals, the receivers that emit these, and the same the other way. */
const FOCUS_STEPS = 2;

export function viewOf(graph: FlowGraph, { focus, search, closed = [] }: FlowView): FlowGraph {
  const found = search === undefined || search === '' ? graph : around(graph, idsNamed(graph, search), 1);
  const near = focus === undefined ? found : around(found, [focus], FOCUS_STEPS);
  return closeModules(near, closed);
}

/** Nodes whose names contain a text, or that belong to a module whose name does. */
export function idsNamed(graph: FlowGraph, search: string): string[] {
  const wanted = search.toLowerCase();
  return graph.nodes.filter(({ name, module }) => [name, module].some((each) => each.toLowerCase().includes(wanted))).map(({ id }) => id);
}

/** Nodes from which the given ones are reached in so many steps, those that they reach, and the edges between all of these. */
export function around(graph: FlowGraph, ids: readonly string[], steps: number): FlowGraph {
  const kept = new Set([...reached(graph, ids, steps, 'from', 'to'), ...reached(graph, ids, steps, 'to', 'from')]);
  return {
    ...graph,
    nodes: graph.nodes.filter(({ id }) => kept.has(id)),
    edges: graph.edges.filter(({ from, to }) => kept.has(from) && kept.has(to)),
  };
}

function reached(graph: FlowGraph, ids: readonly string[], steps: number, start: 'from' | 'to', end: 'from' | 'to'): Set<string> {
  const found = new Set(ids);
  let last: readonly string[] = ids;
  for (let step = 0; step < steps && last.length > 0; step += 1) {
    const next = graph.edges.filter((edge) => last.includes(edge[start]) && !found.has(edge[end])).map((edge) => edge[end]);
    for (const id of next) found.add(id);
    last = [...new Set(next)];
  }
  return found;
}

/** The names of the modules of a graph, in order. */
export const modulesOf = (graph: FlowGraph): string[] => [...new Set(graph.nodes.map(({ module }) => module))].toSorted(compare);

/** Draws each of the named modules as one node. What flows inside of it is not seen; what crosses its border is added up. */
export function closeModules(graph: FlowGraph, closed: readonly string[]): FlowGraph {
  if (closed.length === 0) return graph;
  const moduleOf = new Map(graph.nodes.map((node) => [node.id, node.module]));
  const place = (id: string): string => {
    const module = moduleOf.get(id)!;
    return closed.includes(module) ? idOf('module', module) : id;
  };
  const open = graph.nodes.filter(({ module }) => !closed.includes(module));
  const modules = groupBy(
    graph.nodes.filter(({ module }) => closed.includes(module)),
    ({ module }) => module,
  );
  const crossing = graph.edges
    .map((edge) => ({ ...edge, from: place(edge.from), to: place(edge.to) }))
    .filter(({ from, to }) => from !== to);
  return {
    ...graph,
    nodes: [...open, ...[...modules].map(([name, nodes]) => closedModule(name, nodes))].toSorted((a, b) => compare(a.id, b.id)),
    edges: [...groupBy(crossing, ({ from, to }) => `${from} > ${to}`).values()].map(mergedEdge).toSorted(byEnds),
  };
}

const closedModule = (name: string, nodes: readonly FlowNode[]): FlowNode => ({
  id: idOf('module', name),
  kind: 'module',
  name,
  module: name,
  state: worst(nodes.map(({ state }) => state)),
  emitted: sum(nodes, ({ emitted }) => emitted),
  due: sum(nodes, ({ due }) => due),
  dead: sum(nodes, ({ dead }) => dead),
  holds: {
    signals: nodes.filter(({ kind }) => kind === 'signal').length,
    receivers: nodes.filter(({ kind }) => kind === 'receiver').length,
  },
});

function mergedEdge(edges: readonly FlowEdge[]): FlowEdge {
  const [{ from, to, kind }] = edges as [FlowEdge];
  return edgeOf(edges.every((edge) => edge.kind === kind) ? kind : 'both', from, to, {
    count: sum(edges, ({ count }) => count),
    failed: sum(edges, ({ failed }) => failed),
    dead: sum(edges, ({ dead }) => dead),
  });
}
