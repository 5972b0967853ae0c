// signalbox graph on an installed package: as text, as a picture, as data, and without the library that lays pictures out.
import { expect, test } from 'vitest';
import { faultOf } from '../../support/markup.ts';
import { createOperatedProject } from '../operated.ts';
import { createCliProject } from '../support.ts';

test('graph prints the catalogue as text for Mermaid, as a picture and as data', { timeout: 120_000 }, async () => {
  await using project = await createOperatedProject();
  await project.answer('announce');
  expect(await project.answer('graph')).toBe(
    [
      'flowchart LR',
      '  subgraph m0["Listener"]',
      '    n0["receive"]',
      '  end',
      '  subgraph m1["Mail"]',
      '    n1["send"]',
      '  end',
      '  subgraph m2["cli"]',
      '    n2(["cli.happened"])',
      '  end',
      '  n2 --> n0',
      '  n2 --> n1',
      '',
    ].join('\n'),
  );
  expect(await project.answer('graph', '--mermaid', '--search', 'MAIL')).not.toContain('receive"');
  expect(await project.document('graph', '--modules')).toMatchObject({
    version: 1,
    nodes: [{ id: 'module Listener' }, { id: 'module Mail' }, { id: 'module cli' }],
    edges: [
      { from: 'module cli', to: 'module Listener' },
      { from: 'module cli', to: 'module Mail' },
    ],
  });
  // Nothing has passed yet, and nobody has counted what waits.
  expect(await project.document('graph', '--rates')).toEqual(await project.document('graph'));
  await project.emitted('a');
  await project.work();
  expect(await project.answer('graph', '--rates')).toMatch(/n2 -->\|"1\/h"\| n1/);
  expect(await project.answer('graph')).not.toContain('1/h');
  const picture = await project.answer('graph', '--svg');
  expect(picture).toMatch(/^<svg /);
  expect(faultOf(picture.trim())).toBeUndefined();

  const both = project.start('graph', '--svg', '--json');
  expect(await both.exitCode).toBe(2);
});

/** The project's own copy: that of the link in .bin finds the packages of this repository. */
const PROGRAM = ['node_modules/signalbox/dist/cli/main.js'];

test('a picture without the library that lays it out says what to install, and text needs none', { timeout: 120_000 }, async () => {
  await using project = await createCliProject({ without: ['@dagrejs/dagre'], copy: true });
  const picture = project.node(...PROGRAM, 'graph', '--svg');
  expect(await picture.exitCode).toBe(1);
  expect(picture.errors).toContain('Run: npm install @dagrejs/dagre');
  expect(picture.errors).toContain('[LibraryMissing]');
  const text = project.node(...PROGRAM, 'graph');
  expect(await text.exitCode).toBe(0);
  expect(text.answer).toMatch(/^flowchart LR\n/);
});
