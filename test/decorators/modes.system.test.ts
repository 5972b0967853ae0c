// The decorators behave alike in every mode: legacy as Vitest compiles it, legacy and standard as tsc does.
import { fileURLToPath } from 'node:url';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createProject, tsconfig } from '../support/project.ts';
import { observe } from './cases.ts';
import { misplaced } from './misplaced.ts';
import { run } from './running.ts';
import { withoutParentheses } from './parentheses.ts';

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
    isolation: 'read committed',
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

/** Returns the result of `call` of a file that is compiled by tsc and run by Node against the built package. */
async function observed(
  file: string,
  options: { experimentalDecorators: boolean; call?: string; beside?: readonly string[] },
): Promise<unknown> {
  await using project = await createProject();
  const { call = 'observe', beside = [], ...mode } = options;
  await project.write('tsconfig.json', tsconfig({ ...mode, outDir: 'out' }));
  for (const name of [file, ...beside]) {
    const source = await readFile(new URL(name, import.meta.url), 'utf8');
    await project.write(name === file ? 'cases.ts' : name, source.replace('../signalbox.ts', './signalbox.ts'));
  }
  const internals = { receiversOf: 'receivers/register', callOf: 'receivers/invoke', Registry: 'container/registry' };
  const inside = Object.entries(internals).map(([name, module]) => `export { ${name} } from '${dist}/${module}.js';`);
  const types = `export type { Receiver } from '${dist}/core/receivers.js';`;
  await project.write('signalbox.ts', ["export * from 'signalbox';", ...inside, types].join('\n'));
  await project.write('main.ts', `import { ${call} } from './cases.ts';\nconsole.log(JSON.stringify(await ${call}()));\n`);
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

/** The same in legacy mode as compiled by Vitest, and in both modes as compiled by tsc. */
const modes: [mode: string, see: (file: string, call: string, here: () => unknown) => Promise<unknown>][] = [
  ['legacy, compiled by Vitest', async (_file, _call, here) => here()],
  ['legacy, compiled by tsc', (file, call) => observed(file, { experimentalDecorators: true, call, beside: ['./misplaced.ts'] })],
  ['standard, compiled by tsc', (file, call) => observed(file, { experimentalDecorators: false, call, beside: ['./misplaced.ts'] })],
];

test.each(modes)('a decorator without parentheses is refused at its place (%s)', async (_mode, see) => {
  const says = (text: string): unknown => expect.stringContaining(text);
  expect(await see('./parentheses.ts', 'withoutParentheses', withoutParentheses)).toEqual({
    method: says('InvalidDecorator: @OnSignal stands on receive without a signal. Write @OnSignal(signal)'),
    staticMethod: says('InvalidDecorator: @OnSignal stands on receive without a signal. Write @OnSignal(signal)'),
    transactional: says('InvalidDecorator: @Transactional stands on book without parentheses. Write @Transactional().'),
    staticTransactional: says('InvalidDecorator: @Transactional stands on book without parentheses. Write @Transactional().'),
    class: says('InvalidDecorator: @Service stands on Host without parentheses. Write @Service().'),
    nameless: says('InvalidDecorator: @Service stands on an anonymous class without parentheses. Write @Service().'),
  });
});

test.each(modes)('a decorator in a place where it cannot work is refused (%s)', async (_mode, see) => {
  const found = (await see('./misplaced.ts', 'misplaced', misplaced)) as Record<string, Record<string, string>>;
  const taken = Object.entries(found).map(([decorator, places]) => [
    decorator,
    Object.keys(places).filter((place) => !places[place]!.startsWith('InvalidDecorator: ')),
  ]);
  expect(Object.fromEntries(taken)).toEqual({
    OnSignal: ['method', 'staticMethod'],
    Transactional: ['method', 'staticMethod'],
    Service: ['class'],
  });
});

test.each(modes)('decorated classes behave the same in a box, inherited, shared and in transactions (%s)', async (mode, see) => {
  expect(await see('./running.ts', 'run', run)).toEqual({
    signals: ['running.first', 'running.second'],
    listedConstructor: ['Greeter.greet: hello 7 in UTC'],
    // Only the tests of this file load reflect-metadata, which keeps the types that legacy decorators emit.
    typedConstructor: mode.endsWith('Vitest') ? 'accepted' : 'MissingMetadata',
    heir: [
      'Middle.fixed: Base.fixed on Middle',
      'Middle.kept: Base.kept on Middle',
      'Middle.overridden: Middle.overridden over Base.overridden',
    ],
    heirOfHeir: [
      ['Leaf.fixed: Base.fixed on Leaf', 'Leaf.kept: Leaf.kept', 'Leaf.overridden: Middle.overridden over Base.overridden'],
      ['Leaf.kept: Leaf.kept'],
    ],
    parentAndHeirs: ['Base', 'Leaf', 'Middle'].flatMap((name) => [`${name}.fixed`, `${name}.kept`, `${name}.overridden`]),
    sharedKey: ['Both.on: method', 'Both.static: static method'],
    sharedKeyAndName: 'ReceiverNameTaken',
    twice: 'ReceiverNameTaken',
    pinnedMethodOfParentAndHeir: 'ReceiverNameTaken',
    pinnedClass: ['Pinned.on', 'UnpinnedHeir.on'],
    transactions: {
      moved: 'in transaction: account a to b',
      received: ['Accounts.outside: in transaction: account 7', 'Accounts.inside: in transaction: account 7'],
      begun: [{ isolationLevel: 'serializable' }, 'plain', { accessMode: 'read only' }],
      names: ['move', 'outside', 'inside'],
    },
    unmade: 'NoInjectionContext',
  });
});
