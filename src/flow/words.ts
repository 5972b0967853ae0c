// The words of a picture of the flow: names cut to a length, rates, shares of failures. Pure.
import type { FlowEdge, FlowNode } from './graph.ts';

/** Longer names are cut in their middle; the whole name is in the title of the node. */
const LONGEST_NAME = 34;

/** The name of a node as it is drawn, and the smaller line above it, if it has one. They depend on no figures. */
export function nodeWords({ kind, name, module, holds }: FlowNode): { readonly caption: string | undefined; readonly name: string } {
  switch (kind) {
    case 'signal':
      return { caption: undefined, name: cut(name) };
    case 'receiver':
      return name.startsWith(`${module}.`)
        ? { caption: cut(module), name: cut(name.slice(module.length + 1)) }
        : { caption: undefined, name: cut(name) };
    case 'module':
      return { caption: heldText(holds!), name: cut(name) };
    default:
      return kind satisfies never;
  }
}

const heldText = ({ signals, receivers }: NonNullable<FlowNode['holds']>): string =>
  [...(signals > 0 ? [plural(signals, 'signal')] : []), ...(receivers > 0 ? [plural(receivers, 'receiver')] : [])].join(', ');

/** What stands in the way of a node's deliveries: `3 dead`, `paused`, `1.4k due`. */
export const nodeBadges = ({ state, dead, due }: FlowNode): { readonly state: 'dead' | 'paused' | 'due'; readonly words: string }[] => [
  ...(dead > 0 ? [{ state: 'dead' as const, words: `${shortCount(dead)} dead` }] : []),
  ...(state === 'paused' ? [{ state: 'paused' as const, words: 'paused' }] : []),
  ...(due > 0 ? [{ state: 'due' as const, words: `${shortCount(due)} due` }] : []),
];

/** How much passes along an edge, and the share of it that failed. `undefined` if nothing passed. */
export function edgeLabel(edge: FlowEdge, minutes: number): { readonly rate: string; readonly failures: string | undefined } | undefined {
  if (edge.count === 0 || minutes === 0) return undefined;
  const bad = edge.failed + edge.dead;
  return { rate: rateText(edge.count, minutes), failures: bad === 0 ? undefined : `${shareText(bad, edge.count)} failed` };
}

/** `340/s`, `12/min`, `3/h`, `1/day`: in the unit in which it is at least one. */
export function rateText(count: number, minutes: number): string {
  const perMinute = count / minutes;
  if (perMinute >= 120) return `${shortCount(perMinute / 60)}/s`;
  if (perMinute >= 1) return `${shortCount(perMinute)}/min`;
  return perMinute >= 1 / 60 ? `${shortCount(perMinute * 60)}/h` : `${shortCount(perMinute * 1_440)}/day`;
}

/** `0.4 %`, `12 %`; never 0 of what is some, never 100 of what is not all. */
export function shareText(part: number, of: number): string {
  const percent = (part / of) * 100;
  if (part === of || part === 0) return `${percent} %`;
  if (percent < 0.1) return '< 0.1 %';
  if (percent > 99.9) return '> 99.9 %';
  return `${percent < 10 || percent > 99 ? Math.round(percent * 10) / 10 : Math.round(percent)} %`;
}

/** `0.4`, `12`, `3.4k`, `1.2M`. */
export function shortCount(count: number): string {
  if (count >= 999_500) return `${oneDigit(count / 1_000_000)}M`;
  if (count >= 999.5) return `${oneDigit(count / 1_000)}k`;
  return oneDigit(count);
}

const oneDigit = (value: number): string => String(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

function cut(name: string): string {
  const characters = Array.from(name);
  if (characters.length <= LONGEST_NAME) return name;
  const half = Math.floor((LONGEST_NAME - 1) / 2);
  return `${characters.slice(0, half).join('')}…${characters.slice(-half).join('')}`;
}
