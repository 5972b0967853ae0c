// A laid out graph as SVG: pills for signals, boxes for receivers, curves with rates between them. It has classes and no styles, so that a
// page with a strict content security policy shows it: style.ts is for a file of its own.
import type { FlowEdge, FlowGraph, FlowNode } from './graph.ts';
import { type Box, LABEL, type Layout, type PlacedEdge, type Point } from './layout.ts';
import { element, joined, type Markup, rounded, text } from './markup.ts';
import { edgeLabel, nodeBadges, nodeWords, plural } from './words.ts';

export interface DrawingOptions {
  /** The address that a node leads to, if any. */
  readonly nodeLink?: (node: FlowNode) => string | undefined;
  /** Id of the node that the picture is about. */
  readonly focus?: string | undefined;
  /** A style sheet of its own: for a file, not for a page. */
  readonly style?: string;
}

/** @param layout of a graph of the same shape */
export function drawingOf(graph: FlowGraph, { width, height, nodes, edges }: Layout, options: DrawingOptions = {}): Markup {
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'flow',
      viewBox: `0 0 ${rounded(width)} ${rounded(height)}`,
      width,
      height,
      // A picture with links is no image: its links must be reached.
      role: options.nodeLink === undefined ? 'img' : 'group',
      'aria-label': `Flow of signals: ${summaryOf(graph)}`,
    },
    ...(options.style === undefined ? [] : [styleOf(options.style)]),
    element('desc', {}, text(summaryOf(graph))),
    ...graph.edges.map((edge, at) => edgeCurve(edge, edges[at]!, graph.minutes)),
    ...graph.nodes.map((node, at) => nodeShape(node, nodes[at]!, options)),
    // Above all else, so that no curve crosses a figure.
    ...graph.edges.map((edge, at) => edgeText(edge, edges[at]!, graph.minutes)),
  );
}

/** One sentence for readers who do not see the picture. */
export function summaryOf(graph: FlowGraph): string {
  const count = (kind: FlowNode['kind']): number => graph.nodes.filter((node) => node.kind === kind).length;
  const bad = graph.nodes.filter(({ state }) => state === 'dead' || state === 'failing').map(({ name }) => name);
  const closed = count('module') > 0 ? [plural(count('module'), 'closed module')] : [];
  const parts = [
    plural(count('signal'), 'signal'),
    plural(count('receiver'), 'receiver'),
    ...closed,
    plural(graph.edges.length, 'connection'),
  ];
  const more = bad.length > 5 ? ` and ${bad.length - 5} more` : '';
  return `${parts.join(', ')}${bad.length === 0 ? '' : `; failures in ${bad.slice(0, 5).join(', ')}${more}`}.`;
}

/** From code, not from a row. */
const styleOf = (css: string): Markup => element('style', {}, css.replaceAll('<', '') as Markup);

function nodeShape(node: FlowNode, box: Box, { nodeLink, focus }: DrawingOptions): Markup {
  const { caption, name } = nodeWords(node);
  const badges = nodeBadges(node);
  const left = box.x - box.width / 2;
  const shape = joined([
    element('title', {}, text([`${node.kind} ${node.name}`, ...badges.map(({ words }) => words)].join(' · '))),
    ...(node.kind === 'module' ? [rectangle({ ...box, x: box.x + 4, y: box.y + 4 }, 8, 'flow-behind')] : []),
    rectangle(box, node.kind === 'signal' ? box.height / 2 : 8, 'flow-shape'),
    ...(caption === undefined ? [] : [element('text', { class: 'flow-caption', x: left + 14, y: box.y - 6 }, text(caption))]),
    node.kind === 'signal'
      ? element('text', { class: 'flow-name', x: box.x, y: box.y + 4.5, 'text-anchor': 'middle' }, text(name))
      : element('text', { class: 'flow-name', x: left + 14, y: box.y + (caption === undefined ? 4.5 : 11) }, text(name)),
    ...badgesOf(badges, box),
  ]);
  const classes = ['flow-node', `flow-${node.kind}`, `is-${node.state}`, ...(node.id === focus ? ['is-focus'] : [])];
  const href = nodeLink?.(node);
  return element('g', { class: classes.join(' ') }, href === undefined ? shape : element('a', { href }, shape));
}

/** On the lower border, from the right: they change nothing of the layout. */
function badgesOf(badges: ReturnType<typeof nodeBadges>, box: Box): Markup[] {
  let right = box.x + box.width / 2 - 6;
  return badges.map(({ state, words }) => {
    const width = words.length * 6.2 + 12;
    const x = right - width / 2;
    right -= width + 4;
    const y = box.y + box.height / 2;
    return element(
      'g',
      { class: `flow-badge is-${state}` },
      rectangle({ x, y, width, height: 16 }, 8),
      element('text', { x, y: y + 3.5, 'text-anchor': 'middle' }, text(words)),
    );
  });
}

const rectangle = ({ x, y, width, height }: Box, rx: number, name?: string): Markup =>
  element('rect', { class: name, x: x - width / 2, y: y - height / 2, width, height, rx });

function edgeCurve(edge: FlowEdge, { points }: PlacedEdge, minutes: number): Markup {
  const label = edgeLabel(edge, minutes);
  const told = label ? `: ${[label.rate, label.failures].filter(Boolean).join(', ')}` : '';
  return element(
    'g',
    { class: `flow-edge flow-${edge.kind} is-${edge.state} flow-weight-${weightOf(edge.count, minutes)}` },
    element('title', {}, text(`${nameOf(edge.from)} → ${nameOf(edge.to)}${told}`)),
    element('path', { class: 'flow-line', d: curveThrough(points) }),
    arrowHead(points),
  );
}

function edgeText(edge: FlowEdge, { label }: PlacedEdge, minutes: number): Markup {
  const words = edgeLabel(edge, minutes);
  if (words === undefined) return '' as Markup;
  const width = ([words.rate, words.failures].filter(Boolean).join(' ').length + 1) * 6.2;
  const failures = words.failures === undefined ? [] : [element('tspan', { class: 'flow-failures' }, text(` ${words.failures}`))];
  return element(
    'g',
    { class: `flow-label is-${edge.state}`, 'aria-hidden': 'true' },
    rectangle({ ...label, width, height: LABEL.height }, 4),
    element('text', { x: label.x, y: label.y + 4, 'text-anchor': 'middle' }, text(words.rate), ...failures),
  );
}

const nameOf = (id: string): string => id.slice(id.indexOf(' ') + 1);

/** 0 to 4: nothing, and steps of ten from less than one a minute. */
const weightOf = (count: number, minutes: number): number =>
  count === 0 || minutes === 0 ? 0 : Math.min(4, Math.max(1, Math.floor(Math.log10(count / minutes)) + 2));

/** Through all points, level at each: the flow runs from left to right. */
function curveThrough(points: readonly Point[]): string {
  const [first, ...rest] = points as [Point, ...Point[]];
  let last = first;
  const bends = rest.map((point) => {
    const middle = (last.x + point.x) / 2;
    const bend = `C${rounded(middle)},${rounded(last.y)} ${rounded(middle)},${rounded(point.y)} ${pair(point)}`;
    last = point;
    return bend;
  });
  return `M${pair(first)}${bends.join('')}`;
}

const pair = ({ x, y }: Point): string => `${rounded(x)},${rounded(y)}`;

/** The last bend ends level, so the head points to the right, or to the left for what runs back. */
function arrowHead(points: readonly Point[]): Markup {
  const end = points.at(-1)!;
  const back = end.x < (points.at(-2)?.x ?? end.x) ? 8 : -8;
  return element('path', { class: 'flow-arrow', d: `M${pair(end)}l${back},-4v8Z` });
}
