// The graph of signals and receivers: what is in it, and which part of it is shown. Properties over any catalogue and traffic.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FlowGraph, flowGraph, type FlowReceiver, type FlowTraffic, idOf, sum } from '../../src/flow/graph.ts';
import { around, closeModules, modulesOf, viewOf } from '../../src/flow/view.ts';
import { anyFlow, SHOP, SHOP_TRAFFIC } from './flows.ts';

const nodeIds = ({ nodes }: FlowGraph): string[] => nodes.map(({ id }) => id);

describe('the graph', () => {
  test('has a node for each signal and each receiver, and an edge for each line of the catalogue', () => {
    fc.assert(
      fc.property(anyFlow, ([receivers, traffic]) => {
        const graph = flowGraph(receivers, traffic);
        const signals = [
          ...receivers.map(({ signal }) => signal),
          ...traffic.emits.filter(({ count }) => count > 0).map(({ signal }) => signal),
        ];
        const wanted = [...signals.map((name) => idOf('signal', name)), ...receivers.map(({ receiver }) => idOf('receiver', receiver))];
        expect(nodeIds(graph)).toEqual([...new Set(wanted)].toSorted());
        const lines = receivers.map(({ signal, receiver }) => `${signal} > ${receiver}`);
        const drawn = graph.edges.filter(({ kind }) => kind === 'delivers').map(({ from, to }) => `${from} > ${to}`);
        expect(drawn.map((line) => line.replaceAll(/signal |receiver /g, '')).toSorted()).toEqual([...new Set(lines)].toSorted());
      }),
    );
  });

  test('does not depend on the order of the rows', () => {
    fc.assert(
      fc.property(anyFlow, ([receivers, traffic]) => {
        const turned = { ...traffic, runs: traffic.runs.toReversed(), emits: traffic.emits.toReversed() };
        expect(flowGraph(receivers.toReversed(), turned)).toEqual(flowGraph(receivers, traffic));
      }),
    );
  });

  test('draws what a receiver caused, as often as it did', () => {
    const graph = flowGraph(SHOP, SHOP_TRAFFIC);
    expect(graph.edges.filter(({ kind }) => kind === 'emits')).toEqual([
      {
        from: 'receiver Order.onPaymentCompleted',
        to: 'signal order.placed',
        kind: 'emits',
        count: 1_940,
        failed: 0,
        dead: 0,
        state: 'busy',
      },
      { from: 'receiver Stock.reserve', to: 'signal stock.reserved', kind: 'emits', count: 1_940, failed: 0, dead: 0, state: 'busy' },
    ]);
  });

  test('leaves out the receiver that caused an emit when the catalogue does not have it, and keeps the signal', () => {
    const graph = flowGraph([], { minutes: 1, runs: [], emits: [{ signal: 'a.b', causedBy: 'Gone.on', count: 2 }] });
    expect(graph.nodes).toMatchObject([{ id: 'signal a.b', emitted: 2, state: 'busy' }]);
    expect(graph.edges).toEqual([]);
  });

  test.each([
    { row: {}, runs: {}, state: 'idle' },
    { row: {}, runs: { completed: 1 }, state: 'busy' },
    { row: { paused: true }, runs: { completed: 1 }, state: 'paused' },
    { row: { paused: true }, runs: { completed: 1, failed: 1 }, state: 'failing' },
    { row: {}, runs: { failed: 1, dead: 1 }, state: 'dead' },
    { row: { dead: 1 }, runs: { completed: 5 }, state: 'dead' },
  ])('a receiver with $row and $runs is $state', ({ row, runs, state }) => {
    const address = { receiver: 'A.on', signal: 'a.b' };
    const traffic = { minutes: 1, emits: [], runs: [{ ...address, completed: 0, failed: 0, dead: 0, ...runs }] };
    const { nodes } = flowGraph([{ ...address, ...row }], traffic);
    expect(nodes.find(({ kind }) => kind === 'receiver')!.state).toBe(state);
  });

  test('a signal and a service whose names differ in case only are one module, of the name with the capital', () => {
    const graph = flowGraph([{ receiver: 'Order.on', signal: 'order.placed' }]);
    expect(graph.nodes.map(({ module }) => module)).toEqual(['Order', 'Order']);
  });
});

describe('a closed module', () => {
  const closedOf = (receivers: readonly FlowReceiver[], traffic: FlowTraffic): [FlowGraph, string[]] => {
    const graph = flowGraph(receivers, traffic);
    return [graph, modulesOf(graph).filter((_, at) => at % 2 === 0)];
  };

  test('is one node with what waits in it, and the edges across its border keep their counts', () => {
    fc.assert(
      fc.property(anyFlow, ([receivers, traffic]) => {
        const [graph, closed] = closedOf(receivers, traffic);
        const shown = closeModules(graph, closed);
        expect(shown.nodes.filter(({ kind }) => kind === 'module').map(({ name }) => name)).toEqual(closed);
        expect(shown.nodes.filter(({ kind, module }) => kind !== 'module' && closed.includes(module))).toEqual([]);
        for (const of of ['due', 'dead', 'emitted'] as const)
          expect(sum(shown.nodes, (node) => node[of])).toBe(sum(graph.nodes, (node) => node[of]));
        const module = new Map(graph.nodes.map((node) => [node.id, node.module]));
        const crossing = graph.edges.filter(({ from, to }) => module.get(from) !== module.get(to) || !closed.includes(module.get(from)!));
        for (const of of ['count', 'failed', 'dead'] as const)
          expect(sum(shown.edges, (edge) => edge[of])).toBe(sum(crossing, (edge) => edge[of]));
      }),
    );
  });

  test('has one edge at most to each other node, and none to itself', () => {
    fc.assert(
      fc.property(anyFlow, ([receivers, traffic]) => {
        const shown = closeModules(...closedOf(receivers, traffic));
        const ends = shown.edges.map(({ from, to }) => `${from} > ${to}`);
        expect(new Set(ends).size).toBe(ends.length);
        expect(shown.edges.filter(({ from, to }) => from === to)).toEqual([]);
        const ids = new Set(nodeIds(shown));
        expect(shown.edges.filter(({ from, to }) => !ids.has(from) || !ids.has(to))).toEqual([]);
      }),
    );
  });
});

describe('a part', () => {
  test('around a node holds it, and each node of it is joined to it in so many steps', () => {
    fc.assert(
      fc.property(anyFlow, fc.nat(), fc.integer({ min: 0, max: 4 }), ([receivers, traffic], pick, steps) => {
        const graph = flowGraph(receivers, traffic);
        if (graph.nodes.length === 0) return;
        const { id } = graph.nodes[pick % graph.nodes.length]!;
        const part = around(graph, [id], steps);
        expect(nodeIds(part)).toContain(id);
        expect(nodeIds(around(part, [id], steps))).toEqual(nodeIds(part));
        expect(nodeIds(around(graph, [id], steps + 1))).toEqual(expect.arrayContaining(nodeIds(part)));
        if (steps === 0) expect(nodeIds(part)).toEqual([id]);
      }),
    );
  });

  const shop = flowGraph(SHOP, SHOP_TRAFFIC);

  test('around a receiver has its signals, what emits them, what it emits, and what that reaches', () => {
    expect(nodeIds(viewOf(shop, { focus: 'receiver Stock.reserve' }))).toEqual([
      'receiver Order.onPaymentCompleted',
      'receiver Order.onReserved',
      'receiver Stock.reserve',
      'signal order.placed',
      'signal stock.reserved',
    ]);
  });

  test('found by a text in any case has what bears it in its name or module, with neighbours', () => {
    expect(nodeIds(viewOf(shop, { search: 'SHIPPING' }))).toEqual(['receiver Shipping.onOrderPlaced', 'signal order.placed']);
    expect(viewOf(shop, { search: 'nothing' }).nodes).toEqual([]);
    expect(viewOf(shop, { search: '' })).toEqual(shop);
  });

  test('around a node that there is not is empty', () => {
    expect(viewOf(shop, { focus: 'receiver No.one' })).toMatchObject({ nodes: [], edges: [] });
  });
});
