// Mutants of async contexts: the context that each piece of the application's code sees.
import { type Mutant, mutantsOf } from './mutant.ts';

const tests = ['test/worker/running/async-context.test.ts'];

export const contextMutants: readonly Mutant[] = [
  {
    name: 'context: a run sees nothing of the one before',
    file: 'src/worker/claiming/slots.ts',
    find: 'neutrally(() => runner.run(deliveries, options)).then(ended,',
    replace: 'runner.run(deliveries, options).then(ended,',
    tests,
  },
  {
    name: 'context: a listener leaves none behind',
    file: 'src/observe/events.ts',
    find: "event === 'delivery.started' ? (work: () => unknown): unknown => work() : apart",
    replace: '(work: () => unknown): unknown => work()',
    tests,
  },
  ...mutantsOf({ file: 'src/worker/worker.ts', tests }, [
    {
      name: 'context: a worker starts in none',
      find: 'this.#parts.ambient.neutrally(() => reaching(this.#parts.driver, () => this.#start()))',
      replace: 'this.#parts.ambient.outside(() => this.#start())',
    },
    {
      name: 'context: a tick is in none',
      find: 'this.#parts.ambient.neutrallyIn(currentCall(), async () => this.#tick(options.abortSignal))',
      replace: 'this.#parts.ambient.outside(async () => this.#tick(options.abortSignal))',
    },
    { name: 'context: a worker stops in none', find: 'this.#parts.ambient.neutrally(() => this.#stop())', replace: 'this.#stop()' },
    {
      name: 'context: receivers are interrupted in none',
      find: 'this.#parts.ambient.neutrally(() => this.#runners.interrupt())',
      replace: 'this.#runners.interrupt()',
    },
  ]),
  ...mutantsOf({ file: 'src/box/drain.ts', tests }, [
    {
      name: 'context: drain is in none',
      find: 'ambient.neutrallyIn(currentCall(), now ',
      replace: 'ambient.outside(now ',
    },
  ]),
  ...mutantsOf({ file: 'src/box/temporary-workers.ts', tests }, [
    {
      name: 'context: immediate mode is in none',
      find: "ambient.neutrallyIn(currentCall(), () => inMode('immediate', () => withTemporaryWorker(work)))",
      replace: "inMode('immediate', () => withTemporaryWorker(work))",
    },
  ]),
  ...mutantsOf({ file: 'src/box/services.ts', tests }, [
    {
      name: 'context: services are made in none',
      find: 'ambient.outside(work) : ambient.neutrally(work)',
      replace: 'ambient.outside(work) : ambient.outside(work)',
    },
  ]),
  ...mutantsOf({ file: 'src/observe/async-context.ts', tests }, [
    {
      name: 'context: a receiver has one of its own',
      find: "new AsyncResource('Signalbox', KEPT).runInAsyncScope(work)",
      replace: 'work()',
    },
  ]),
  ...mutantsOf({ file: 'src/transaction/after-commit.ts', tests }, [
    {
      name: 'context: a callback has that of its registration',
      find: 'within(() => this.#ambient.outside(callback))',
      replace: 'this.#ambient.outside(callback)',
    },
    {
      name: 'context: a callback is in no transaction',
      tests: ['test/transaction/inside-another.test.ts'],
      find: 'within(() => this.#ambient.outside(callback))',
      replace: 'within(callback)',
    },
  ]),
];
