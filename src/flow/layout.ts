// Places the nodes and edges of a graph, from left to right in the direction of the flow, with @dagrejs/dagre. The library is loaded when
// a picture is drawn: an application that draws none need not install it.
//
// A layout depends on names and connections only, never on figures: so a live picture does not jump when a rate changes, and one layout
// serves until the graph has another shape (`shapeOf`). Modules get no frames: dagre's compound graphs place nodes of other modules into a
// frame as soon as the flow leaves a module and comes back, and take six times as long.
import { SignalboxError } from '../errors.ts';
import type { FlowEdge, FlowGraph, FlowNode } from './graph.ts';
import { nodeWords } from './words.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle by its centre. */
export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

export interface PlacedEdge {
  /** From the side of one node to that of the other. */
  readonly points: readonly Point[];
  /** The middle of the room for its label. */
  readonly label: Point;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** In the order of the graph's. */
  readonly nodes: readonly Box[];
  readonly edges: readonly PlacedEdge[];
}

type Dagre = typeof import('@dagrejs/dagre');

/** Wide enough for most fonts of 13 pixels: the server cannot measure text. */
const CHARACTER = 7.9;
const PADDING = 30;
const MARGIN = 20;
/** Room for `99.9/min 99.9 % failed`, whatever the figures are. */
export const LABEL = { width: 92, height: 18 };
/** Above so many nodes the exact ranks take longer (400 ms at 145 nodes) than they are worth. */
const EXACT = 80;

/** What a layout depends on: two graphs of one shape have the same layout. */
export const shapeOf = (graph: FlowGraph): string =>
  JSON.stringify([
    graph.nodes.map((node) => [node.id, node.module, node.holds]),
    graph.edges.map(({ from, to }) => [from, to]),
    graph.minutes > 0,
  ]);

/** @throws SignalboxError `LibraryMissing` */
export async function layoutOf(graph: FlowGraph): Promise<Layout> {
  return place(await loadDagre(), graph);
}

/** @throws SignalboxError `LibraryMissing` */
async function loadDagre(): Promise<Dagre> {
  try {
    return await import('@dagrejs/dagre');
  } catch (cause) {
    throw new SignalboxError(
      'LibraryMissing',
      'A picture of the flow is laid out by @dagrejs/dagre, which could not be loaded. Run: npm install @dagrejs/dagre (text for Mermaid needs no library: signalbox graph --mermaid).',
      { cause },
    );
  }
}

function place(dagre: Dagre, graph: FlowGraph): Layout {
  const drawn = new dagre.Graph();
  const ranker = graph.nodes.length > EXACT ? 'longest-path' : 'network-simplex';
  drawn.setGraph({ rankdir: 'LR', nodesep: 22, edgesep: 12, ranksep: 20, marginx: MARGIN, marginy: MARGIN, ranker });
  for (const node of graph.nodes) drawn.setNode(node.id, sizeOf(node));
  const label = graph.minutes > 0 ? LABEL : { width: 24, height: 4 };
  for (const { from, to } of graph.edges) drawn.setEdge(from, to, { ...label, labelpos: 'c' });
  dagre.layout(drawn);
  const boxes = new Map(graph.nodes.map(({ id }) => [id, boxOf(drawn.node(id) as Box)]));
  const { width, height } = drawn.graph() as Partial<Box>;
  return {
    // Without any node, dagre's are infinite.
    width: graph.nodes.length === 0 ? 0 : width!,
    height: graph.nodes.length === 0 ? 0 : height!,
    nodes: [...boxes.values()],
    edges: graph.edges.map((edge) => placed(edge, boxes, drawn.edge(edge.from, edge.to) as Box & { points: Point[] })),
  };
}

function placed(
  { from, to }: FlowEdge,
  boxes: ReadonlyMap<string, Box>,
  { points, x, y }: Point & { points: readonly Point[] },
): PlacedEdge {
  return { points: fromSideToSide(boxes.get(from)!, boxes.get(to)!, points), label: { x, y } };
}

/** From the right side of one node to the left side of the other, or the other way round for an edge that runs back. */
function fromSideToSide(from: Box, to: Box, points: readonly Point[]): Point[] {
  const side = from.x <= to.x ? 0.5 : -0.5;
  const inner = points.slice(1, -1).map(({ x, y }) => ({ x, y }));
  return [{ x: from.x + side * from.width, y: from.y }, ...inner, { x: to.x - side * to.width, y: to.y }];
}

const boxOf = ({ x, y, width, height }: Box): Box => ({ x, y, width, height });

function sizeOf(node: FlowNode): { width: number; height: number } {
  const { caption, name } = nodeWords(node);
  return {
    width: Math.max(Math.ceil(Math.max(name.length, caption?.length ?? 0) * CHARACTER) + PADDING, 90),
    height: caption === undefined ? 34 : 46,
  };
}
