// Results as a table: one line per row, one column per system, and the comparison with Signalbox. The table is
// Markdown, which a terminal shows well enough, so that the printed text is also the text of the documentation.
import { type Result, timesBetter } from './stats.ts';
import { type SystemName, SYSTEMS } from './systems/system.ts';

export function table(results: readonly Result[]): string {
  const systems = SYSTEMS.filter((system) => results.some((result) => result.system === system));
  const compared = systems.includes('signalbox')
    ? ['best peer', 'floor'].filter((_, i) => systems.length > 1 && (i === 0 || systems.includes('floor')))
    : [];
  const rows = [...new Set(results.map(({ row }) => row))];
  const lines = rows.map((row) => line(row, results, systems, compared));
  return markdown([['row', 'unit', ...systems, ...compared.map((to) => `signalbox : ${to}`)], ...lines]);
}

function line(row: string, results: readonly Result[], systems: readonly SystemName[], compared: readonly string[]): string[] {
  const of = (system: SystemName): Result | undefined => results.find((result) => result.row === row && result.system === system);
  const any = results.find((result) => result.row === row)!;
  const peers = systems.filter((system) => system !== 'signalbox' && system !== 'floor').flatMap((system) => of(system) ?? []);
  const best = peers.toSorted((a, b) => timesBetter(any.better, b.median, a.median) - 1 || 0)[0];
  const against: Record<string, Result | undefined> = { 'best peer': best, floor: of('floor') };
  const ratio = (other: Result | undefined): string => {
    const own = of('signalbox');
    return own && other && other.note === undefined ? timesBetter(any.better, own.median, other.median).toFixed(2) : '–';
  };
  return [
    row,
    any.better === 'higher' ? any.unit : `${any.unit}, less is better`,
    ...systems.map((system) => cell(of(system))),
    ...compared.map((to) => ratio(against[to])),
  ];
}

/** The median, and the minimum and the maximum if there were several rounds. */
function cell(result: Result | undefined): string {
  if (result === undefined) return '–';
  const { median, rounds, note, parts, setting } = result;
  const spread = rounds.length > 1 ? ` (${number(Math.min(...rounds))}–${number(Math.max(...rounds))})` : '';
  if (note !== undefined) return note;
  const told = parts && Object.entries(parts).map(([name, value]) => `${name} ${number(value)}`);
  const more = [...(told ? [`: ${told.join(', ')}`] : []), ...(setting === undefined ? [] : [`; ${setting}`])].join('');
  return `${number(median)}${spread}${more}`;
}

export function number(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}

/** The first line is the head. Columns are as wide as their widest cell. */
export function markdown(lines: readonly (readonly string[])[]): string {
  const escaped = lines.map((cells) => cells.map((text) => text.replaceAll('|', '\\|')));
  const widths = escaped[0]!.map((_, column) => Math.max(3, ...escaped.map((cells) => (cells[column] ?? '').length)));
  const text = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  const [head, ...rest] = escaped;
  return [text(head!), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rest.map(text)].join('\n');
}
