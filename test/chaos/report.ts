// The end of a run as text.
import type { Verdict } from './chaos.ts';
import { VIOLATIONS } from '../evidence/checker.ts';
import { historiesOf } from '../evidence/history.ts';
import { percentile } from './recovery.ts';

const SHOWN = 8;

export function reportText({ violations, evidence, faults, recoveries, falseRescues, rescues, tallied, drainMs }: Verdict): string {
  const count = <T>(items: readonly T[], matches: (item: T) => boolean): number => items.filter(matches).length;
  const { sent, emissions, deliveries, effects, changes } = evidence;
  const outcomes = (['committed', 'rolled back', 'unknown'] as const).map(
    (wanted) => `${count(sent, ({ outcome }) => outcome === wanted)} ${wanted}`,
  );
  const states = [...new Set(deliveries.map(({ state }) => state))].map(
    (wanted) => `${count(deliveries, ({ state }) => state === wanted)} ${wanted}`,
  );
  const rows: [string, string][] = [
    ['transactions', `${sent.length}: ${outcomes.join(', ')}`],
    ['emissions', String(emissions.length)],
    ['deliveries', `${deliveries.length}: ${states.join(', ')}`],
    ['claims', String(count(changes, ({ to }) => to === 'running'))],
    ['effects', String(effects.length)],
    ['rescues', `${rescues}, false ones ${falseRescues.length}`],
    ['given up', String([...historiesOf(changes).values()].flat().filter(({ transition }) => transition === 'give up').length)],
    ['drained in', seconds(drainMs)],
    [
      'tallies',
      `${tallied.counted} of ${tallied.settled} ends counted; ${tallied.lost} lost with their process, up to ${seconds(tallied.oldestLostMs)} before its end`,
    ],
  ];
  for (const kind of new Set(faults.map((fault) => fault.kind))) {
    rows.push([`fault: ${kind}`, String(count(faults, (fault) => fault.kind === kind))]);
    const struck = recoveries.filter((one) => one.kind === kind);
    for (const [name, group] of [
      ['direct', struck.filter(({ isPooled, isSuspect }) => !isPooled && !isSuspect)],
      ['pooled', struck.filter(({ isPooled, isSuspect }) => isPooled && !isSuspect)],
      ['suspects', struck.filter(({ isSuspect }) => isSuspect)],
    ] as const) {
      const ready = times(group.map(({ readyMs }) => readyMs));
      const claimed = times(group.map(({ claimedMs }) => claimedMs));
      if (group.length > 0) rows.push([`  ${name}`, `${group.length} deliveries; ready again ${ready}; claimed again ${claimed}`]);
    }
  }
  for (const wanted of VIOLATIONS) rows.push([wanted, String(count(violations, ({ kind }) => kind === wanted))]);
  const width = Math.max(...rows.map(([name]) => name.length));
  const shown = VIOLATIONS.flatMap((wanted) => violations.filter(({ kind }) => kind === wanted).slice(0, SHOWN));
  const doubtful = falseRescues.slice(0, SHOWN).map((text) => `false rescue: ${text}`);
  return [
    ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    ...doubtful,
    ...shown.map(({ kind, text }) => `${kind}: ${text}`),
  ].join('\n');
}

const times = (ms: readonly number[]): string =>
  `p50 ${seconds(percentile(ms, 0.5))}, p99 ${seconds(percentile(ms, 0.99))}, max ${seconds(percentile(ms, 1))}`;
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;
