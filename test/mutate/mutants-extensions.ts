// Mutants of extensions: the changes that a hook can and cannot make to an emit and to a receiver.
import { type Mutant, mutantsOf } from './mutant.ts';

const compose = mutantsOf({ file: 'src/core/compose.ts', tests: ['test/core/compose.test.ts'] }, [
  { name: 'extension: next is called once', find: 'if (inner || isOver) {', replace: 'if (isOver) {' },
  { name: 'extension: next is refused after the end of the hook', find: 'if (inner || isOver) {', replace: 'if (inner) {' },
  { name: 'extension: next called twice fails, though the hook swallows it', find: '  if (misuse) throw misuse;\n', replace: '' },
  {
    name: 'extension: a receiver that nothing waits for ends before its run fails',
    find: '    await inner?.catch(noop);\n',
    replace: '',
  },
  {
    name: 'extension: a hook cannot hide an error',
    find: 'const result = await inner;',
    replace: 'const result = await inner.catch(noop) as Result;',
  },
  {
    name: 'extension: a failure that a hook ignores is noticed',
    find: '  work.catch(noop);\n',
    replace: '',
    hangs: 'an unhandled rejection ends a process',
  },
  { name: 'extension: headers of the user stay', find: '{ ...info.headers, ...headers }', replace: 'headers' },
  { name: 'extension: headers of the extension win', find: '{ ...info.headers, ...headers }', replace: '{ ...headers, ...info.headers }' },
  {
    name: 'extension: the argument of next is checked',
    find: "        checkValue(headers, headersRule, `The extension ${extension}`, 'what it gave to next');\n",
    replace: '',
  },
  { name: 'extension: after the call it is the receiver', find: 'if (isCalled || outcomeKind', replace: 'if (outcomeKind' },
  { name: 'extension: an explicit outcome is one', find: 'outcomeKind(error) !== undefined || ', replace: '' },
  {
    name: 'extension: the inner error is reported',
    find: " || isSignalboxError(error, 'ExtensionFailed')) throw error;",
    replace: ') throw error;',
  },
  {
    name: 'extension: a batch has its items',
    find: 'batch === undefined ? [context as ReceivedDelivery] : (payload as readonly ReceivedDelivery[])',
    replace: '[context as ReceivedDelivery]',
  },
]);

const box = mutantsOf({ file: 'src/box/extension.ts', tests: ['test/box/extensions.test.ts'] }, [
  {
    name: 'extensions: no name twice',
    find: "  refuseTwice(\n    'extensions',\n    extensions.map(({ name }) => name),\n  );\n",
    replace: '',
  },
  { name: 'extensions: no task twice', find: '[...OWN_TASKS, ...tasks.map(({ name }) => name)]', replace: '[]' },
  { name: 'extensions: no task of ours', find: '[...OWN_TASKS, ...tasks', replace: '[...tasks' },
  { name: 'extensions: tasks are checked', find: '  for (const task of extension.tasks ?? []) checkTask(task, subject);\n', replace: '' },
]);

const wired = mutantsOf({ file: 'src/box/options.ts', tests: ['test/box/extensions.test.ts'] }, [
  { name: 'extensions: no listener without a log', find: '...(given.log === false ? [] : [eventLog(log)])', replace: 'eventLog(log)' },
  {
    name: 'extensions: the providers of the box go before theirs',
    find: "[...extensions.providers, ...settings.providers.map((provider) => provisionOf(provider, 'createSignalbox'))]",
    replace: "[...settings.providers.map((provider) => provisionOf(provider, 'createSignalbox')), ...extensions.providers]",
  },
]);

const detached = mutantsOf({ file: 'src/worker/running/execution.ts', tests: ['test/box/extensions.test.ts'] }, [
  {
    name: 'extensions: a detached receiver that was not called has not failed',
    find: "isSignalboxError(error, 'ExtensionFailed') ? { kind: 'prevented', error } : outcomeOf(error)",
    replace: 'outcomeOf(error)',
  },
]);

export const extensionMutants: readonly Mutant[] = [...compose, ...box, ...wired, ...detached];
