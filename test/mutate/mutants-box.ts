// Guards of the box: the calls that it refuses once it is closed, and the changes that it undoes.
import { type Mutant, mutantsOf } from './mutant.ts';

const closing = ['test/box/closing.test.ts'];

export const boxMutants: readonly Mutant[] = [
  ...mutantsOf({ file: 'src/box/lifetime.ts', tests: closing }, [
    { name: 'box: nothing begins while it closes', find: "this.#phase !== 'open'", replace: "this.#phase === 'closed'" },
    { name: 'box: running receivers use the box until they end', find: "this.#phase === 'closed'", replace: "this.#phase !== 'open'" },
    { name: 'box: a second close waits for the first', find: '    return this.#closing;\n', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/box/receivers.ts', tests: ['test/container/check-services.test.ts'] }, [
    { name: 'box: an announcement looks through the services', find: '    services.check();\n', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/box/workers.ts', tests: [...closing, 'test/worker/manual.test.ts'] }, [
    { name: 'box: a closed one is not well', find: '      lifetime.assertOpen();\n', replace: '' },
    { name: 'box: in manual mode no worker claims', find: "testing === undefined || testing === 'immediate'", replace: 'true' },
  ]),
  ...mutantsOf({ file: 'src/box/services.ts', tests: closing }, [
    { name: 'box: the undo of a registration removes its receivers', find: '      receivers.remove(found);\n', replace: '' },
    {
      name: 'box: undone receivers can be registered again',
      find: '      for (const service of added) this.#known.delete(service);\n',
      replace: '',
    },
  ]),
  ...mutantsOf({ file: 'src/worker/drain.ts', tests: ['test/box/waits.test.ts'] }, [
    {
      name: 'abort: interrupts running receivers',
      find: "  abortSignal.addEventListener('abort', interrupt);\n",
      replace: '',
      hangs: 'The receiver waits for its interruption.',
    },
    { name: 'abort: nothing more is started', find: 'abortSignal?.aborted || ', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/observe/events.ts', tests: ['test/box/waits.test.ts'] }, [
    {
      name: 'abort: ends the wait for an event',
      find: "      abortSignal?.addEventListener('abort', onAbort);\n",
      replace: '',
      hangs: 'The event never comes.',
    },
  ]),
  ...mutantsOf({ file: 'src/operate/until-settled.ts', tests: closing }, [
    {
      name: 'settled: ends with the box',
      find: '    box.assertOpen();\n',
      replace: '',
      hangs: 'It waits for a delivery that no worker runs.',
    },
  ]),
];
