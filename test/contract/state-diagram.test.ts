// The state diagram of the concepts has the same transitions as the code, those of workers and those of operators; and
// the site draws every diagram of the pages, which it would otherwise show as source.
import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { drawStateDiagram, parseStateDiagram } from '../../docs/site/state-diagram.ts';
import { LIVE_STATES, type Outcome, SETTLED_STATES, settlementFor } from '../../src/core/delivery.ts';
import { retryPolicy } from '../../src/core/retry.ts';
import { defineSignal, type DeliveryState, Discard, OnSignal, RetryAfter, Unavailable, Unrecoverable } from '../../src/index.ts';
import { harness, type Harness } from '../support/harness.ts';
import { findAll } from '../support/deliveries.ts';

const docs = new URL('../../docs/', import.meta.url);

async function diagrams(): Promise<string[]> {
  const files = (await readdir(docs, { recursive: true })).filter((file) => file.endsWith('.md') && !file.includes('node_modules'));
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, docs), 'utf8')));
  return texts.flatMap((text) => Array.from(text.matchAll(/```mermaid\n([\s\S]*?)```/g), ([, diagram]) => diagram!));
}

const BY_OPERATOR = / by an operator$/;

/** The arrows of the concepts' diagram that `isWanted` accepts: `from --> to: label`. */
async function arrowsOf(isWanted: (label: string) => boolean): Promise<{ from: string; to: string; label: string }[]> {
  const page = await readFile(new URL('concepts.md', docs), 'utf8');
  const [, diagram] = /```mermaid\n([\s\S]*?)```/.exec(page)!;
  return parseStateDiagram(diagram!).filter(({ to, label }) => to !== '[*]' && isWanted(label));
}

const happened = defineSignal('diagram.happened', z.object({}));

class Receiver {
  @OnSignal(happened)
  static async receive(): Promise<void> {}
}

/** Makes a delivery in a state, as a worker would leave it. @returns its emission */
async function deliveryIn(state: DeliveryState, h: Harness): Promise<string> {
  const { emissionId: id } = await h.db.transaction(async (tx) => happened.emitReliable(tx, {}, { delay: '1h' }));
  if (state === 'running') await h.sql`update signalbox.delivery set state = ${state}, epoch = 1, attempt = 1 where emission_id = ${id}`;
  if (state !== 'ready' && state !== 'running')
    await h.sql`with gone as (delete from signalbox.delivery where emission_id = ${id} returning *)
      insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
      select id, emission_id, receiver_id, version, generation, ${state}, 1, 1, 0, now() from gone`;
  return id;
}

test('the diagram has an arrow for each act of an operator on a delivery, and no other', async () => {
  await using h = await harness({ services: [Receiver] });
  const found: string[] = [];
  for (const act of ['retry', 'replay', 'cancel'] as const)
    for (const from of [...LIVE_STATES, ...SETTLED_STATES]) {
      const emissionId = await deliveryIn(from, h);
      if ((await h.box.deliveries[act]({ emissionId })).length === 0) continue;
      const [{ state: to } = { state: 'none' }] = await findAll(h.box, { emissionId });
      found.push(`${from} --> ${to}: ${act}`);
    }
  await h.sql`delete from signalbox.delivery`;
  const drawn = (await arrowsOf((label) => BY_OPERATOR.test(label))).flatMap(({ from, to, label }) =>
    label
      .replace(BY_OPERATOR, '')
      .split(' or ')
      .map((act) => `${from} --> ${to}: ${act}`),
  );
  expect(drawn.sort()).toEqual(found.sort());
});

test('the diagram has an arrow for each state in which a run can end, and no other', async () => {
  const policy = retryPolicy({ attempts: 2 }, 'test');
  const errors = [new Error(), new Discard('no'), new Unrecoverable('no'), new RetryAfter('1s'), new Unavailable('1s')];
  const outcomes: Outcome[] = [
    { kind: 'returned' },
    { kind: 'interrupted', delayMs: 0 },
    ...errors.map((error) => ({ kind: 'threw', error }) as const),
  ];
  const reached = outcomes.flatMap((outcome) => [1, 2].map((attempt) => settlementFor(outcome, attempt, policy, 0).to));
  const drawn = await arrowsOf((label) => !BY_OPERATOR.test(label));
  const ends = drawn.filter(({ from }) => from === 'running').map(({ to }) => to);
  expect([...new Set(ends)].sort()).toEqual([...new Set(reached.map((to) => (to === 'released' ? 'ready' : to)))].sort());
  expect(drawn.filter(({ from }) => from !== 'running')).toMatchObject([
    { from: '[*]', to: 'ready' },
    { from: 'ready', to: 'running' },
  ]);
});

const wordsOf = (text: string): string[] => text.split(/\W+/).filter((word) => word !== '');

test('each diagram of the pages is drawn, with all of its states and labels', async () => {
  const found = await diagrams();
  expect(found.length).toBeGreaterThan(0);
  for (const diagram of found) {
    const drawn = wordsOf(drawStateDiagram(diagram).replace(/<[^>]*>/g, ' '));
    const transitions = parseStateDiagram(diagram);
    const states = transitions.flatMap(({ from, to }) => [from, to]).filter((name) => name !== '[*]');
    expect(drawn).toEqual(expect.arrayContaining([...states, ...transitions.flatMap((transition) => wordsOf(transition.label))]));
  }
});

test('each pair of states has one arrow, a state may have one to itself, and final states have a frame of their own', () => {
  const svg = drawStateDiagram(
    'stateDiagram-v2\n[*] --> a: begin\na --> b: one\na --> b: other\nb --> a: back & forth\na --> a: still\nb --> [*]\n',
  );
  expect(svg.match(/marker-end/g)).toHaveLength(4);
  expect(svg.match(/<rect/g)).toHaveLength(3);
  expect(svg).toContain('&amp;');
});

test.each(['flowchart LR\na --> b', 'stateDiagram-v2\na -> b', 'stateDiagram-v2\nstate a {'])(
  'a diagram that the site cannot draw is refused: %s',
  (text) => {
    expect(() => drawStateDiagram(text)).toThrow('Not a');
  },
);
