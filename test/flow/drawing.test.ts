// The pictures of the flow: where things lie, what is written on them, that nothing of a name becomes markup. Stored pictures are in
// expected/; `npx vitest run test/flow -u` writes them anew.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawingOf } from '../../src/flow/drawing.ts';
import { flowGraph } from '../../src/flow/graph.ts';
import { type Box, layoutOf, shapeOf } from '../../src/flow/layout.ts';
import { mermaidOf } from '../../src/flow/mermaid.ts';
import { FILE_STYLE } from '../../src/flow/style.ts';
import { closeModules, modulesOf } from '../../src/flow/view.ts';
import { faultOf, textOf } from '../support/markup.ts';
import { anyFlow, LARGE, LARGE_TRAFFIC, SHOP, SHOP_TRAFFIC } from './flows.ts';

const shop = flowGraph(SHOP, SHOP_TRAFFIC);

test('the shop is drawn as stored', async () => {
  await expect(drawingOf(shop, await layoutOf(shop), { style: FILE_STYLE })).toMatchFileSnapshot('expected/shop.svg');
  await expect(mermaidOf(shop)).toMatchFileSnapshot('expected/shop.mmd');
  const closed = closeModules(shop, ['Order', 'payment']);
  await expect(drawingOf(closed, await layoutOf(closed))).toMatchFileSnapshot('expected/shop-closed.svg');
  await expect(mermaidOf(closed)).toMatchFileSnapshot('expected/shop-closed.mmd');
});

const overlap = (a: Box, b: Box): boolean =>
  Math.abs(a.x - b.x) < (a.width + b.width) / 2 && Math.abs(a.y - b.y) < (a.height + b.height) / 2;

describe('the layout', () => {
  test('lets no two nodes overlap, and all lie inside of the picture', async () => {
    await fc.assert(
      fc.asyncProperty(anyFlow, async ([receivers, traffic]) => {
        const { nodes, width, height } = await layoutOf(flowGraph(receivers, traffic));
        expect(nodes.flatMap((a, at) => nodes.slice(at + 1).filter((b) => overlap(a, b)))).toEqual([]);
        for (const { x, y, width: w, height: h } of nodes) {
          expect(Math.min(x - w / 2, y - h / 2)).toBeGreaterThanOrEqual(0);
          expect(x + w / 2).toBeLessThanOrEqual(width);
          expect(y + h / 2).toBeLessThanOrEqual(height);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('is the same for graphs of one shape, whatever their figures are', async () => {
    await fc.assert(
      fc.asyncProperty(anyFlow, async ([receivers, traffic]) => {
        const before = flowGraph(receivers, traffic);
        const later = flowGraph(
          receivers.map((each) => ({ ...each, due: 999, dead: 3, paused: !each.paused })),
          {
            minutes: 7,
            runs: traffic.runs.map((each) => ({ ...each, completed: each.completed + 100_000, failed: 3 })),
            emits: traffic.emits.map((each) => ({ ...each, count: each.count * 50 })),
          },
        );
        expect(shapeOf(later)).toBe(shapeOf(before));
        expect(await layoutOf(later)).toEqual(await layoutOf(before));
      }),
      { numRuns: 30 },
    );
  });

  test('of other names, connections or modules is of another shape', () => {
    const shapes = [shop, flowGraph(SHOP), flowGraph(SHOP.slice(1), SHOP_TRAFFIC), closeModules(shop, ['Order'])].map(shapeOf);
    expect(new Set(shapes).size).toBe(shapes.length);
    // The same nodes and as many edges, of other signals.
    const ends = (...pairs: [signal: string, receiver: string][]) =>
      shapeOf(flowGraph(pairs.map(([signal, receiver]) => ({ signal, receiver }))));
    expect(ends(['s.a', 'R.a'], ['s.a', 'R.b'], ['s.b', 'R.c'])).not.toBe(ends(['s.a', 'R.a'], ['s.b', 'R.b'], ['s.b', 'R.c']));
    // A closed module says how much is in it.
    const closed = (...names: string[]) => shapeOf(closeModules(flowGraph(names.map((receiver) => ({ signal: 's.a', receiver }))), ['R']));
    expect(closed('R.a', 'R.b')).not.toBe(closed('R.a'));
  });

  test('of 100 receivers lets none overlap, and the picture says what each is', async () => {
    const graph = flowGraph(LARGE, LARGE_TRAFFIC);
    const layout = await layoutOf(graph);
    expect(layout.nodes.flatMap((a, at) => layout.nodes.slice(at + 1).filter((b) => overlap(a, b)))).toEqual([]);
    const drawn = textOf(drawingOf(graph, layout));
    for (const { receiver, signal } of LARGE) {
      expect(drawn).toContain(receiver.split('.')[1]);
      expect(drawn).toContain(signal);
    }
  });

  test('of 100 receivers with all modules closed has a node for each module, with all that fails in it', async () => {
    const graph = flowGraph(LARGE, LARGE_TRAFFIC);
    const closed = closeModules(graph, modulesOf(graph));
    expect(closed.nodes).toHaveLength(28);
    const failed = graph.nodes.filter(({ state }) => state === 'failing').map(({ module }) => module);
    const shown = closed.nodes.filter(({ state }) => state === 'failing').map(({ name }) => name);
    expect(shown).toEqual([...new Set(failed)].toSorted());
    expect(textOf(drawingOf(closed, await layoutOf(closed)))).toContain('7 receivers');
  });

  test('of nothing is empty', async () => {
    expect(await layoutOf(flowGraph([]))).toEqual({ width: 0, height: 0, nodes: [], edges: [] });
    expect(faultOf(drawingOf(flowGraph([]), await layoutOf(flowGraph([]))))).toBeUndefined();
  });
});

const NASTY = [
  '<script>alert(1)</script>',
  '" onload="alert(1)',
  "'><b>",
  ']]>',
  '&lt;',
  '\u001b[2J\u0000\u202e',
  '\ud800',
  '-->',
  'a"]; b',
  '#quot;',
  '`',
];

describe('a name', () => {
  test.each(NASTY)('%j becomes no markup', async (nasty) => {
    const graph = flowGraph([{ receiver: `Evil.${nasty}`, signal: `evil.${nasty}` }]);
    const drawn = drawingOf(graph, await layoutOf(graph), { nodeLink: ({ name }) => `?focus=${name}`, style: FILE_STYLE });
    expect(faultOf(drawn)).toBeUndefined();
    expect(drawn).not.toMatch(/<script|<b>|\sonload="/);
    expect(drawn.isWellFormed()).toBe(true);
    // oxlint-disable-next-line no-control-regex -- they are what it looks for
    expect(drawn).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e]/);
  });

  test.each(NASTY)('%j ends no label of Mermaid', (nasty) => {
    const lines = mermaidOf(flowGraph([{ receiver: `Evil.${nasty}`, signal: `evil.${nasty}` }])).split('\n');
    expect(lines).toHaveLength(6);
    for (const line of lines) expect(line.split('"').length % 2).toBe(1);
    for (const [, label] of lines.join('\n').matchAll(/"([^"]*)"/g)) expect(label!.replaceAll('<br/>', '')).not.toMatch(/[<>&`]/);
  });
});

test('a picture has classes and no styles, and is an image unless it has links', async () => {
  const drawn = drawingOf(shop, await layoutOf(shop));
  expect(drawn).not.toMatch(/\sstyle=|<style/);
  expect(drawn).toMatch(/^<svg [^>]*role="img"[^>]*aria-label="Flow of signals: 4 signals, 7 receivers, 9 connections; failures in/);
  expect(drawingOf(shop, await layoutOf(shop), { nodeLink: () => '?' })).toMatch(/^<svg [^>]*role="group"/);
});
