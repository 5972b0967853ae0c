// The dashboard and the alerts name metrics and labels that the code has, and promtool accepts them where it is installed.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { METRICS, type MetricName } from '../../src/prometheus/names.ts';

const file = (name: string): string => fileURLToPath(new URL(`../../examples/monitoring/${name}`, import.meta.url));
const alerts = readFileSync(file('alerts.yml'), 'utf8');

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
  readonly templating: { readonly list: readonly { readonly query: string }[] };
}
const dashboard = JSON.parse(readFileSync(file('grafana-dashboard.json'), 'utf8')) as Dashboard;

const expressions = [
  ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...dashboard.templating.list.map(({ query }) => query),
  ...[...alerts.matchAll(/^ +expr: (.*)$/gm)].map(([, expr]) => expr!),
];

/** The names as Prometheus has them: those of the parts of a histogram, too. */
const names = new Map<string, MetricName>(
  (Object.keys(METRICS) as MetricName[]).flatMap((name) =>
    METRICS[name].kind === 'histogram'
      ? ['_bucket', '_sum', '_count'].map((part) => [`${name}${part}`, name] as const)
      : [[name, name] as const],
  ),
);

test('every metric that is named is one that the code emits, and every label one that it has', () => {
  const named = expressions.flatMap((expr) => [...expr.matchAll(/signalbox_\w+/g)].map(([name]) => name));
  expect(named.filter((name) => !names.has(name))).toEqual([]);
  expect(named.length).toBeGreaterThan(20);
  const wrong = expressions.flatMap((expr) => {
    const known = new Set<string>(['le', ...[...expr.matchAll(/signalbox_\w+/g)].flatMap(([name]) => METRICS[names.get(name)!].labels)]);
    const used = [
      ...[...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(',').map((label) => label.trim())),
      ...[...expr.matchAll(/[{,](\w+)=/g)].map(([, label]) => label!),
    ];
    return used.filter((label) => !known.has(label)).map((label) => `${label} in ${expr}`);
  });
  expect(wrong).toEqual([]);
});

test('the dashboard shows every metric but those of which alerts alone are made', () => {
  const shown = new Set(
    dashboard.panels.flatMap(({ targets }) =>
      targets.flatMap(({ expr }) => [...expr.matchAll(/signalbox_\w+/g)].map(([name]) => names.get(name))),
    ),
  );
  expect((Object.keys(METRICS) as MetricName[]).filter((name) => !shown.has(name))).toEqual([
    'signalbox_orphaned',
    'signalbox_sample_age_seconds',
  ]);
});

test('metrics have base units, counters end in _total, and labels are never ids', () => {
  for (const [name, { kind, labels }] of Object.entries(METRICS)) {
    expect([name, name.endsWith('_total')]).toEqual([name, kind === 'counter']);
    expect(name).not.toMatch(/_(ms|millis)/);
    if (kind === 'histogram') expect(name).toMatch(/_seconds$/);
    for (const label of labels) expect(['signal', 'receiver', 'queue', 'outcome']).toContain(label);
  }
});

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

test('promtool accepts the alert rules', ({ skip }) => {
  skip(!hasPromtool, 'promtool is not installed here');
  expect(execFileSync('promtool', ['check', 'rules', file('alerts.yml')], { encoding: 'utf8' })).toContain('SUCCESS');
});
