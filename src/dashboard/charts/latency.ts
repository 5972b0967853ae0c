// How long runs took, as percentiles over time, on a logarithmic scale: a receiver of 5 ms and one of 10 s are both to be read.
import { scaleLog } from 'd3-scale';
import { curveMonotoneX, line } from 'd3-shape';
import { element, joined, type Markup, text } from '../../flow/markup.ts';
import { BOTTOM, clock, figure, INNER, type Series, type Step, timeAxis, timeScale, valueAxis } from './plane.ts';

export interface LatencyStep extends Step {
  /** Milliseconds; `undefined` where nothing ran. */
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
}

const PERCENTILES = ['p99', 'p95', 'p50'] as const;
type Percentile = (typeof PERCENTILES)[number];
const SERIES: readonly Series[] = PERCENTILES.map((name) => ({ name, look: `line-${name}` }));

const DECADES = [1, 10, 100, 1_000, 10_000, 60_000, 600_000, 3_600_000];

/** @param title what the durations are of */
export function latencyChart(id: string, title: string, steps: readonly LatencyStep[], stepSeconds: number): Markup {
  const values = steps.flatMap((step) => PERCENTILES.flatMap((name) => step[name] ?? []));
  const highest = DECADES.find((decade) => decade >= Math.max(10, ...values)) ?? DECADES.at(-1)!;
  const lowest = DECADES.findLast((decade) => decade <= Math.min(highest / 10, ...values)) ?? DECADES[0]!;
  const x = timeScale(steps, stepSeconds);
  const scale = scaleLog().domain([lowest, highest]).range([BOTTOM, INNER.top]).clamp(true);
  // Nothing has no logarithm.
  const y = (ms: number): number => scale(Math.max(ms, lowest));
  const middle = (at: Date): number => x(new Date(at.getTime() + stepSeconds * 500));
  const ticks = DECADES.filter((decade) => decade >= lowest && decade <= highest);
  return figure({
    id,
    title,
    summary: values.length === 0 ? 'Nothing ran.' : `${summaryOf(steps)} Logarithmic scale.`,
    series: SERIES,
    plane: joined([
      valueAxis(ticks.map((value) => ({ y: y(value), label: durationText(value) }))),
      timeAxis(x),
      ...PERCENTILES.flatMap(curve),
      element('g', { class: 'hovers' }, ...steps.filter(hasRun).map(hover)),
    ]),
    table: [
      ['from (UTC)', ...PERCENTILES],
      ...steps.map((step) => [clock(step.at), ...PERCENTILES.map((name) => (step[name] === undefined ? '–' : durationText(step[name])))]),
    ],
  });

  function curve(name: Percentile): Markup[] {
    const drawn = line<LatencyStep>()
      .defined((step) => step[name] !== undefined)
      .x((step) => middle(step.at))
      .y((step) => y(step[name]!))
      .curve(curveMonotoneX)
      .digits(2)([...steps]);
    // A step between two that are empty is no line: it gets a point.
    const lone = steps.filter(
      (step, at) => step[name] !== undefined && steps[at - 1]?.[name] === undefined && steps[at + 1]?.[name] === undefined,
    );
    const points = lone.map((step) => element('circle', { class: `dot line-${name}`, cx: middle(step.at), cy: y(step[name]!), r: 2.5 }));
    return [...(drawn === null || drawn === '' ? [] : [element('path', { class: `line line-${name}`, d: drawn })]), ...points];
  }

  /** A column over the whole plane, for the words that appear when a pointer rests on it. */
  function hover(step: LatencyStep): Markup {
    const words = PERCENTILES.map((name) => `${name} ${durationText(step[name] ?? 0)}`).join(', ');
    const column = { x: x(step.at), y: INNER.top, width: middle(step.at) * 2 - x(step.at) * 2, height: BOTTOM - INNER.top };
    return element('rect', { class: 'hover', ...column }, element('title', {}, text(`${clock(step.at)} UTC: ${words}`)));
  }
}

const hasRun = ({ p50 }: LatencyStep): boolean => p50 !== undefined;

function summaryOf(steps: readonly LatencyStep[]): string {
  const last = steps.findLast(hasRun)!;
  return `At ${clock(last.at)} UTC: ${PERCENTILES.toReversed()
    .map((name) => `${name} ${durationText(last[name] ?? 0)}`)
    .join(', ')}.`;
}

/** `5 ms`, `1.2 s`, `3 min`, `1 h`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
  if (ms < 60_000) return `${ms < 10_000 ? Math.round(ms / 100) / 10 : Math.round(ms / 1_000)} s`;
  return ms < 3_600_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 360_000) / 10} h`;
}
