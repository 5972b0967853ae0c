// What the charts have in common: the plane with its margins, the lines and labels of its axes, and the figure with a table of the same
// numbers. Times are UTC, as everywhere on the pages.
import { scaleUtc, type ScaleTime } from 'd3-scale';
import { element, joined, type Markup, text } from '../../flow/markup.ts';

/** Units of the drawing; a page scales it to its column, and enlarges the text on a phone. */
export const WIDTH = 560;
export const HEIGHT = 210;
export const INNER = { left: 60, right: 8, top: 10, bottom: 26 };
export const BOTTOM = HEIGHT - INNER.bottom;

export interface Step {
  readonly at: Date;
  /** More may be counted of it yet: it has not ended, or its counts may not be written. */
  readonly unfinished?: boolean;
}

/** The times of the steps, from the first to the end of the last. */
export function timeScale(steps: readonly Step[], stepSeconds: number): ScaleTime<number, number> {
  const first = steps[0]?.at.getTime() ?? 0;
  const end = (steps.at(-1)?.at.getTime() ?? first) + stepSeconds * 1_000;
  return scaleUtc()
    .domain([new Date(first), new Date(end)])
    .range([INNER.left, WIDTH - INNER.right]);
}

/** Times below the plane. */
export const timeAxis = (x: ScaleTime<number, number>): Markup =>
  element(
    'g',
    { class: 'chart-axis' },
    ...x.ticks(5).map((tick) => element('text', { x: x(tick), y: BOTTOM + 18, 'text-anchor': 'middle' }, text(clock(tick)))),
  );

/** Lines across the plane, with the value of each before it. */
export const valueAxis = (ticks: readonly { readonly y: number; readonly label: string }[]): Markup =>
  element(
    'g',
    { class: 'chart-axis' },
    ...ticks.flatMap(({ y, label }) => [
      element('line', { class: 'chart-grid', x1: INNER.left, x2: WIDTH - INNER.right, y1: y, y2: y }),
      element('text', { x: INNER.left - 8, y: y + 4, 'text-anchor': 'end' }, text(label)),
    ]),
  );

/** `14:05`, or the day where a day begins. */
export const clock = (at: Date): string => {
  const iso = at.toISOString();
  return iso.endsWith('T00:00:00.000Z') ? iso.slice(5, 10) : iso.slice(11, 16);
};

export interface Series {
  readonly name: string;
  /** The class of its colour, as `is-dead`. */
  readonly look: string;
}

export interface Figure {
  /** Unique on its page. */
  readonly id: string;
  readonly title: string;
  /** A sentence with what the picture shows. */
  readonly summary: string;
  readonly series: readonly Series[];
  readonly plane: Markup;
  /** The same numbers, for those who cannot see them or want them exactly: a head, and a row for each step. */
  readonly table: readonly (readonly string[])[];
}

export const figure = ({ id, title, summary, series, plane, table }: Figure): Markup =>
  element(
    'figure',
    { class: 'chart', id },
    element(
      'figcaption',
      {},
      element('span', { class: 'chart-title' }, text(title)),
      element('span', { class: 'legend' }, ...series.map(({ name, look }) => element('span', { class: `key ${look}` }, text(name)))),
    ),
    element(
      'svg',
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-labelledby': `${id}-title ${id}-desc` },
      element('title', { id: `${id}-title` }, text(title)),
      element('desc', { id: `${id}-desc` }, text(summary)),
      plane,
    ),
    element('details', { id: `${id}-table`, class: 'chart-table' }, element('summary', {}, text('As a table')), tableOf(title, table)),
  );

function tableOf(title: string, [head = [], ...rows]: readonly (readonly string[])[]): Markup {
  const cells = (name: 'th' | 'td', row: readonly string[]): Markup =>
    joined(
      row.map((cell, at) => element(name, { scope: name === 'th' ? 'col' : undefined, class: at > 0 ? 'num' : undefined }, text(cell))),
    );
  return element(
    'div',
    { class: 'table-wrap', tabindex: 0, role: 'region', 'aria-label': `${title}: table` },
    element(
      'table',
      {},
      element('thead', {}, element('tr', {}, cells('th', head))),
      element('tbody', {}, ...rows.map((row) => element('tr', {}, cells('td', row)))),
    ),
  );
}
