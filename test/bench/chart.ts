// The chart of the documentation: one group of bars per row, each bar a share of the best of its row. SVG, by hand.
import { number } from './table.ts';
import { type Result, timesBetter } from './stats.ts';
import { type SystemName, SYSTEMS } from './systems/system.ts';

const COLOURS: Record<SystemName, string> = { signalbox: '#2f6fdf', 'graphile-worker': '#8a63c9', 'pg-boss': '#c9822f', floor: '#9aa3ad' };
const WIDTH = 760;
const LABEL_WIDTH = 210;
const VALUE_WIDTH = 130;
const BAR = 13;
const GROUP_GAP = 16;
const TOP = 46;

export function chart(results: readonly Result[], title: string): string {
  const systems = SYSTEMS.filter((system) => results.some((result) => result.system === system));
  const rows = [...new Set(results.map(({ row }) => row))];
  const parts: string[] = [];
  let y = TOP;
  for (const row of rows) {
    const group = systems.flatMap((system) => results.find((result) => result.row === row && result.system === system) ?? []);
    parts.push(text(0, y + (group.length * BAR) / 2 + 4, row));
    for (const result of group) {
      parts.push(...bar(result, y, group));
      y += BAR;
    }
    y += GROUP_GAP;
  }
  const legend = systems.flatMap((system, index) => [
    `<rect x="${LABEL_WIDTH + index * 130}" y="22" width="10" height="10" fill="${COLOURS[system]}"/>`,
    text(LABEL_WIDTH + index * 130 + 15, 31, system),
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" font-family="system-ui, sans-serif" font-size="11">`,
    `<title>${escape(title)}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text(0, 14, `${title}. The longest bar of each group is the best.`),
    ...legend,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function bar(result: Result, y: number, group: readonly Result[]): string[] {
  const best = group.reduce((one, other) => (timesBetter(other.better, other.median, one.median) > 1 ? other : one));
  const share = timesBetter(result.better, result.median, best.median);
  const width = Number.isFinite(share) ? Math.max(1, (WIDTH - LABEL_WIDTH - VALUE_WIDTH) * share) : 1;
  return [
    `<rect x="${LABEL_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 2}" fill="${COLOURS[result.system]}"/>`,
    text(LABEL_WIDTH + width + 6, y + BAR - 4, `${number(result.median)} ${result.unit}`),
  ];
}

const text = (x: number, y: number, content: string): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" fill="#222222">${escape(content)}</text>`;

export function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
