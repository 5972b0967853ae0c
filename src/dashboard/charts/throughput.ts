// Runs by outcome over time, as stacked bars: what ended well at the foot, what failed above it.
import { scaleLinear } from 'd3-scale';
import { stack } from 'd3-shape';
import { element, joined, type Markup, text } from '../../flow/markup.ts';
import { rateText, shortCount } from '../../flow/words.ts';
import { BOTTOM, clock, figure, INNER, type Series, type Step, timeAxis, timeScale, valueAxis } from './plane.ts';

export interface OutcomeStep extends Step {
  readonly completed: number;
  /** Attempts that failed, and are tried again. */
  readonly retrying: number;
  readonly dead: number;
}

const OUTCOMES = ['completed', 'retrying', 'dead'] as const;
type Outcome = (typeof OUTCOMES)[number];

const NAMES: Readonly<Record<Outcome, string>> = { completed: 'completed', retrying: 'failed, retried', dead: 'dead' };

/** Between two bars; none where they are narrow. */
const GAP = 0.22;
/** A failure beside thousands that went well is still to be seen. */
const LEAST = 1.5;

export const throughputChart = (id: string, steps: readonly OutcomeStep[], stepSeconds: number): Markup =>
  barsOf(id, 'Throughput', OUTCOMES, steps, stepSeconds);

/** The failures alone: beside thousands that went well, a few of them are a thin line. */
export const failuresChart = (id: string, steps: readonly OutcomeStep[], stepSeconds: number): Markup =>
  barsOf(id, 'Failures', ['retrying', 'dead'], steps, stepSeconds);

function barsOf(id: string, title: string, outcomes: readonly Outcome[], steps: readonly OutcomeStep[], stepSeconds: number): Markup {
  const series: readonly Series[] = outcomes.map((outcome) => ({ name: NAMES[outcome], look: `is-${outcome}` }));
  const all = (step: OutcomeStep): number => outcomes.reduce((sum, outcome) => sum + step[outcome], 0);
  const minutes = stepSeconds / 60;
  const most = Math.max(4, ...steps.map(all));
  const x = timeScale(steps, stepSeconds);
  const y = scaleLinear().domain([0, most]).nice(4).range([BOTTOM, INNER.top]);
  const width = steps.length === 0 ? 0 : (x(new Date(steps[0]!.at.getTime() + stepSeconds * 1_000)) - x(steps[0]!.at)) * (1 - GAP);
  const layers = stack<OutcomeStep, Outcome>().keys([...outcomes])([...steps]);
  const bars = steps.map((step, at) =>
    bar(
      step,
      layers.map((layer) => layer[at]!).map(([from, to]) => [y(from), y(to)] as const),
    ),
  );
  const total = (of: Outcome): number => steps.reduce((sum, step) => sum + step[of], 0);
  const ticks = y.ticks(4).filter(Number.isInteger);
  return figure({
    id,
    title,
    summary: `${outcomes.map((outcome) => `${shortCount(total(outcome))} ${NAMES[outcome]}`).join(', ')} in ${Math.round(steps.length * minutes)} minutes.`,
    series,
    plane: joined([
      valueAxis(ticks.map((value) => ({ y: y(value), label: shortCount(value) }))),
      timeAxis(x),
      element('g', { class: 'bars' }, ...bars),
    ]),
    table: [
      ['from (UTC)', ...outcomes.map((outcome) => NAMES[outcome])],
      ...steps.map((step) => [clock(step.at), ...outcomes.map((outcome) => String(step[outcome]))]),
    ],
  });

  function bar(step: OutcomeStep, spans: readonly (readonly [bottom: number, top: number])[]): Markup {
    const parts = outcomes.map((outcome) => `${shortCount(step[outcome])} ${NAMES[outcome]}`).join(', ');
    const pieces = spans.map(([bottom, top], at) => {
      if (bottom === top) return '' as Markup;
      const height = Math.max(bottom - top, at > 0 ? LEAST : 0.5);
      return element('rect', { class: `bar is-${outcomes[at]!}`, x: x(step.at), y: bottom - height, width, height });
    });
    const rate = rateText(all(step), minutes);
    // Its rate would be that of a whole step, which it is not yet.
    const words = step.unfinished ? `${parts} so far` : `${parts} (${rate})`;
    return element(
      'g',
      step.unfinished ? { class: 'unfinished' } : {},
      element('title', {}, text(`${clock(step.at)} UTC: ${words}`)),
      ...pieces,
    );
  }
}
