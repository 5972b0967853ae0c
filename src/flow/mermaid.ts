// A graph as text for Mermaid, which GitHub, GitLab and many editors draw. Needs no library. Names are quoted, so that none of them is read
// as a part of the language.
import { oneLine } from '../core/visible.ts';
import type { FlowEdge, FlowGraph, FlowNode } from './graph.ts';
import { edgeLabel, nodeBadges, nodeWords } from './words.ts';
import { modulesOf } from './view.ts';

export function mermaidOf(graph: FlowGraph): string {
  const ids = new Map(graph.nodes.map(({ id }, at) => [id, `n${at}`]));
  const nodeLine = (node: FlowNode): string => `${ids.get(node.id)!}${shaped(node)}`;
  const open = graph.nodes.filter(({ kind }) => kind !== 'module');
  const frames = modulesOf({ ...graph, nodes: open }).flatMap((module, at) => [
    `  subgraph m${at}[${quoted(module)}]`,
    ...open.filter((node) => node.module === module).map((node) => `    ${nodeLine(node)}`),
    '  end',
  ]);
  const closed = graph.nodes.filter(({ kind }) => kind === 'module').map((node) => `  ${nodeLine(node)}`);
  return ['flowchart LR', ...frames, ...closed, ...graph.edges.map((edge) => `  ${edgeLine(edge)}`)].join('\n');

  function edgeLine(edge: FlowEdge): string {
    const label = edgeLabel(edge, graph.minutes);
    const words = label && [label.rate, label.failures].filter(Boolean).join(', ');
    const arrow = edge.kind === 'emits' ? '-.->' : '-->';
    return `${ids.get(edge.from)!} ${arrow}${words === undefined ? '' : `|${quoted(words)}|`} ${ids.get(edge.to)!}`;
  }
}

function shaped(node: FlowNode): string {
  const label = quoted(
    [
      nodeWords(node).name,
      nodeBadges(node)
        .map(({ words }) => words)
        .join(', '),
    ]
      .filter(Boolean)
      .join('\n'),
  );
  switch (node.kind) {
    case 'signal':
      return `([${label}])`;
    case 'receiver':
      return `[${label}]`;
    case 'module':
      return `[[${label}]]`;
    default:
      return node.kind satisfies never;
  }
}

/** Mermaid's own escape is #name; or #number;, and a line break is <br/>. */
const quoted = (text: string): string =>
  `"${text
    .split('\n')
    .map((line) => oneLine(line).replace(/[#"<>&`]/g, (character) => `#${character.codePointAt(0)!};`))
    .join('<br/>')}"`;
