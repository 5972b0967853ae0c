// Guards of what copies of the package in one process tell each other.
import { mutantsOf, type Mutant } from './mutant.ts';

const tests = ['test/dispatch/copies.test.ts'];

const tags = mutantsOf({ file: 'src/core/copies.ts', tests }, [
  { name: 'copies: another format is refused', find: 'if (tag?.format !== FORMAT) throw incompatible(name);', replace: '' },
  {
    name: 'copies: tags are not inherited',
    tests: ['test/registry/receivers.test.ts', 'test/registry/faults.test.ts', 'test/registry/injection.test.ts'],
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
  mutantsOf({ file: 'src/registry/receivers.ts', tests: ['test/registry/faults.test.ts'] }, [
    {
      name: 'services: one that says nothing of itself',
      find: 'if (tags.length === 0 && !isService(service))',
      replace: 'if (tags.length < 0)',
    },
  ]),
].flat();

export const copyMutants: readonly Mutant[] = [...tags, ...shared, ...symbols];
