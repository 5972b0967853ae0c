// That the site draws the state diagrams of the pages, which it would otherwise show as their source.
import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { drawStateDiagram, parseStateDiagram } from '../../docs/site/state-diagram.ts';

const docs = new URL('../../docs/', import.meta.url);

async function diagrams(): Promise<string[]> {
  const files = (await readdir(docs, { recursive: true })).filter((file) => file.endsWith('.md') && !file.includes('node_modules'));
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, docs), 'utf8')));
  return texts.flatMap((text) => Array.from(text.matchAll(/```mermaid\n([\s\S]*?)```/g), ([, diagram]) => diagram!));
}

const wordsOf = (text: string): string[] => text.split(/\W+/).filter((word) => word !== '');

test('each diagram of the pages is drawn, with every state and every word of it', async () => {
  const found = await diagrams();
  expect(found.length).toBeGreaterThan(0);
  for (const diagram of found) {
    const drawn = wordsOf(drawStateDiagram(diagram).replace(/<[^>]*>/g, ' '));
    const transitions = parseStateDiagram(diagram);
    const states = transitions.flatMap(({ from, to }) => [from, to]).filter((name) => name !== '[*]');
    expect(drawn).toEqual(expect.arrayContaining([...states, ...transitions.flatMap((transition) => wordsOf(transition.label))]));
  }
});

test('each pair of states has one arrow, and what ends has a frame of its own', () => {
  const svg = drawStateDiagram('stateDiagram-v2\n[*] --> a: begin\na --> b: one\na --> b: other\nb --> a: back & forth\nb --> [*]\n');
  expect(svg.match(/marker-end/g)).toHaveLength(3);
  expect(svg.match(/<rect/g)).toHaveLength(3);
  expect(svg).toContain('&amp;');
});

test.each(['flowchart LR\na --> b', 'stateDiagram-v2\na -> b', 'stateDiagram-v2\nstate a {'])(
  'what it cannot draw is refused: %s',
  (text) => {
    expect(() => drawStateDiagram(text)).toThrow('Not a');
  },
);
