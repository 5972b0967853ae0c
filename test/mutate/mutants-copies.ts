// Guards of the known classes: across copies of the package, in containers, and the errors for unknown ones.
import { mutantsOf, type Mutant } from './mutant.ts';

const tests = ['test/dispatch/copies.test.ts'];

const tags = mutantsOf({ file: 'src/core/copies.ts', tests }, [
  { name: 'copies: another format is refused', find: 'if (tag?.format !== FORMAT) throw incompatible(name);', replace: '' },
  {
    name: 'copies: tags are not inherited',
    tests: ['test/receivers/register.test.ts', 'test/container/faults.test.ts', 'test/container/injection.test.ts'],
    find: 'if (!Object.hasOwn(holder, key)) return undefined;',
    replace: 'if (!(key in holder)) return undefined;',
  },
]);

const shared = mutantsOf({ file: 'src/decorators/process-wide.ts', tests }, [
  {
    name: 'copies: one record for the process',
    find: 'Symbol.for(`signalbox.process/${FORMAT}`)',
    replace: 'Symbol(`signalbox.process/${FORMAT}`)',
  },
]);

const symbols = [
  mutantsOf({ file: 'src/decorators/on-signal.ts', tests }, [
    { name: 'copies: receivers', find: "Symbol.for('signalbox.onSignal')", replace: "Symbol('signalbox.onSignal')" },
  ]),
  mutantsOf({ file: 'src/decorators/service.ts', tests }, [
    { name: 'copies: services', find: "Symbol.for('signalbox.service')", replace: "Symbol('signalbox.service')" },
  ]),
  mutantsOf({ file: 'src/core/token.ts', tests }, [
    { name: 'copies: tokens', find: "Symbol.for('signalbox.token')", replace: "Symbol('signalbox.token')" },
  ]),
  mutantsOf({ file: 'src/core/dispatcher.ts', tests: ['test/core/dispatcher.test.ts'] }, [
    { name: 'copies: a box of another format', find: 'if (attached.format !== FORMAT) throw', replace: 'if (attached.format === 0) throw' },
  ]),
  mutantsOf({ file: 'src/receivers/register.ts', tests: ['test/container/faults.test.ts'] }, [
    {
      name: 'services: a class without decorators',
      find: 'if (tags.length === 0 && !isService(service))',
      replace: 'if (tags.length < 0)',
    },
  ]),
].flat();

const doubts = [
  mutantsOf({ file: 'src/box/warnings.ts', tests: ['test/receivers/register.test.ts'] }, [
    { name: 'doubts: a service of another box is not forgotten', find: ' && !processWide().given.has(marked)', replace: '' },
    { name: 'doubts: each once', find: '!this.#said.has(what) && ', replace: '' },
    { name: 'doubts: a pinned name is no minified one', find: 'serviceTag(target.service)?.name === undefined && ', replace: '' },
  ]),
  mutantsOf({ file: 'src/nest/receivers.ts', tests: ['test/nest/receivers.test.ts'] }, [
    {
      name: 'nest: objects that exist before init are known',
      find: '    box.framework.register(this.classes());',
      replace: '    if (this.#isComplete) box.framework.register(this.classes());',
    },
    {
      name: 'nest: classes of several modules are warned of',
      find: 'else if (isOther(source, wrapper)) this.#doubled.add(service);',
      replace: '',
    },
    { name: 'nest: an alias is the same object', find: '!other.isAlias && objectOf(one) !== objectOf(other)', replace: 'true' },
    {
      name: 'nest: guards with receivers are refused',
      find: 'if (isClass(metatype) && !this.#sources.has(metatype)',
      replace: 'if (false && isClass(metatype)',
    },
    { name: 'nest: transient ones are made', find: 'if (wrapper.isTransient || ', replace: 'if (' },
    { name: 'nest: request-scoped ones are made', find: ' || !wrapper.isDependencyTreeStatic()) return', replace: ') return' },
    { name: 'nest: a factory is known by its result', find: '  if (prototype) return', replace: '  if (prototype && !made) return' },
    { name: 'nest: controllers', find: ', ...this.#discovery.getControllers()', replace: '' },
  ]),
].flat();

export const copyMutants: readonly Mutant[] = [...tags, ...shared, ...symbols, ...doubts];
