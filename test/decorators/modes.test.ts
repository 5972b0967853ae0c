// The decorators behave alike in every mode: legacy as Vitest compiles it, legacy and standard as tsc does.
import { fileURLToPath } from 'node:url';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createProject, tsconfig } from '../support/project.ts';
import { observe } from './cases.ts';

const EXPECTED = {
  plain: ['Plain.receive <- cases.first'],
  stacked: ['Stacked.both <- cases.first', 'Stacked.fixed <- cases.second', 'Stacked.onSecond <- cases.second'],
  inherited: ['Child.added <- cases.second', 'Child.inherited <- cases.first', 'Child.overridden <- cases.first'],
  parentKeepsItsOwn: ['Base.inherited <- cases.first', 'Base.overridden <- cases.first'],
  retagged: ['Retagged.inherited in default', 'Retagged.overridden in slow'],
  siblings: [
    'Base.inherited <- cases.first',
    'Base.overridden <- cases.first',
    'Child.added <- cases.second',
    'Child.inherited <- cases.first',
    'Child.overridden <- cases.first',
    'Retagged.inherited <- cases.first',
    'Retagged.overridden <- cases.first',
  ],
  inheritedStatic: ['Stacked.onSecond <- cases.second', 'StaticChild.both <- cases.first', 'StaticChild.fixed <- cases.second'],
  taggedMore: ['TaggedMore.inherited <- cases.first', 'TaggedMore.inherited <- cases.second', 'TaggedMore.overridden <- cases.first'],
  grandchild: ['Grandchild.added <- cases.second', 'Grandchild.inherited <- cases.first', 'Grandchild.pinned <- cases.first'],
  bothPlaces: ['BothPlaces.act: static', 'BothPlaces.ofObject: instance'],
  computed: ['Computed.onComputed <- cases.first'],
  atomic: ['Atomic.inner <- cases.second', 'Atomic.outer <- cases.first'],
  injected: true,
  listed: [
    ['Listed.any <- cases.first', 'Listed.any <- cases.second'],
    [['Listed.before'], ['Listed.before']],
  ],
  renamed: ['Old.name <- cases.second', 'Pinned.receive <- cases.first'],
  symbolic: ['Symbolic.detached <- cases.first'],
  namelessSymbol: 'InvalidDecorator',
  options: {
    name: 'Options.receive',
    queue: 'mail',
    formerly: [],
    priority: -5,
    retry: { attempts: 2, delayMs: 60_000, factor: 3, maxDelayMs: 43_200_000, jitter: 0.2 },
    timeoutMs: 2_000,
    transactional: false,
  },
  calls: ['Base.inherited of Child', 'Child.overridden', 'Plain.receive'],
  staticCall: 'static of Stacked',
  inheritedStaticCall: 'static of StaticChild',
  transactionalName: 'transactional',
  onPrivate: 'InvalidDecorator',
  onField: ['InvalidDecorator', 'InvalidDecorator'],
  onGetter: ['InvalidDecorator', 'InvalidDecorator'],
  onClass: ['InvalidDecorator', 'InvalidDecorator'],
  withoutMetadata: 'InvalidDecorator',
  ofNoSignal: ['InvalidDecorator', 'InvalidDecorator', 'InvalidDecorator'],
  transactionalOnField: 'InvalidDecorator',
};

test('legacy decorators, compiled by Vitest', async () => {
  expect(await observe()).toEqual(EXPECTED);
});

const dist = fileURLToPath(new URL('../../dist', import.meta.url));

/** What `observe` of a file returns when it is compiled by tsc and run by Node against the built package. */
async function observed(file: string, options: { experimentalDecorators: boolean }): Promise<unknown> {
  await using project = await createProject();
  await project.write('tsconfig.json', tsconfig({ ...options, outDir: 'out' }));
  const source = await readFile(new URL(file, import.meta.url), 'utf8');
  await project.write('cases.ts', source.replace('../signalbox.ts', './signalbox.ts'));
  const internals = { receiversOf: 'receivers', callOf: 'invoke', Registry: 'registry' };
  const inside = Object.entries(internals).map(([name, module]) => `export { ${name} } from '${dist}/registry/${module}.js';`);
  const types = `export type { Receiver } from '${dist}/core/receivers.js';`;
  await project.write('signalbox.ts', ["export * from 'signalbox';", ...inside, types].join('\n'));
  await project.write('main.ts', "import { observe } from './cases.ts';\nconsole.log(JSON.stringify(await observe()));\n");
  await project.run('npx tsc -p tsconfig.json');
  return JSON.parse(await project.run('node out/main.js'));
}

test.each([
  ['legacy', true],
  ['standard', false],
])('%s decorators, compiled by tsc', async (_mode, experimentalDecorators) => {
  expect(await observed('./cases.ts', { experimentalDecorators })).toEqual(EXPECTED);
});

test('standard decorators see private members and accessors, of which none can be a receiver', async () => {
  const refused = (place: string): unknown =>
    expect.stringContaining(`@OnSignal(standard.happened) stands on ${place}, which is no public method.`);
  expect(await observed('./standard/members.ts', { experimentalDecorators: false })).toEqual({
    private: refused('#hidden'),
    staticPrivate: refused('#hidden'),
    accessor: refused('accessed'),
    transactionalPrivate: 'accepted',
  });
});
