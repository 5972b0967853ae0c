// The course of one number, as small as a word: in a row of a table.
import { scaleLinear } from 'd3-scale';
import { area, curveMonotoneX, line } from 'd3-shape';
import { element, type Markup, text } from '../../flow/markup.ts';

const WIDTH = 96;
const HEIGHT = 22;

/** @param label says what the numbers are; the picture says their last and highest */
export function sparkline(label: string, values: readonly number[], look = 'is-completed'): Markup {
  const x = scaleLinear()
    .domain([0, Math.max(1, values.length - 1)])
    .range([2, WIDTH - 3]);
  const y = scaleLinear()
    .domain([0, Math.max(1, ...values)])
    .range([HEIGHT - 2, 2]);
  const at = (_value: number, index: number): number => x(index);
  const last = values.at(-1) ?? 0;
  const words = `${label}: ${last} now, ${Math.max(0, ...values)} at most`;
  return element(
    'svg',
    { class: `spark ${look}`, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, role: 'img', 'aria-label': words },
    element('title', {}, text(words)),
    ...(values.length < 2
      ? []
      : [
          element('path', {
            class: 'spark-area',
            d: area<number>()
              .x(at)
              .y0(HEIGHT - 2)
              .y1(y)
              .curve(curveMonotoneX)
              .digits(1)([...values])!,
          }),
          element('path', { class: 'spark-line', d: line<number>().x(at).y(y).curve(curveMonotoneX).digits(1)([...values])! }),
          element('circle', { class: 'spark-dot', cx: x(values.length - 1), cy: y(last), r: 2 }),
        ]),
  );
}
