// Plans as the server tells them, and what of them must not be: a hot table read whole.

export interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Node[];
}

export const HOT = ['emission', 'settled', 'delivery', 'delivery_error'];

export const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

export const rowsOf = (node: Node): number => (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];

/** The hot tables that were read whole. */
export const scansOf = (nodes: readonly Node[]): string[] =>
  nodes
    .filter((node) => node['Node Type'] === 'Seq Scan' && HOT.includes(node['Relation Name'] ?? '') && rowsOf(node) > 0)
    .map((node) => node['Relation Name']!);
