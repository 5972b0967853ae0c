// Mutants of the exchange between a worker and a slow, refusing or lost database: groups of writes, the meaning of
// errors, the sleeping flag, lost claims, and the COMMIT whose answer is lost.
import { type Mutant, mutantsOf } from './mutant.ts';

const batcher = mutantsOf({ file: 'src/worker/running/write-batcher.ts', tests: ['test/worker/running/write-batcher.test.ts'] }, [
  { name: 'writes: a refused batch is split', find: 'refused && batch.length > 1', replace: 'false' },
  {
    name: 'writes: a refused write is not tried again',
    find: '!refused && !this',
    replace: '!this',
    hangs: 'It is tried again for ever.',
  },
  { name: 'writes: a failure that passes is tried again', find: '!refused && !this.#stop.signal.aborted', replace: 'false' },
  { name: 'writes: each new try is reported', find: '          this.#options.onRetry(error);\n', replace: '' },
  {
    name: 'writes: giving up ends the wait',
    find: 'await sleep(waitMs, this.#stop.signal);',
    replace: 'await sleep(waitMs);',
    equivalent: 'The wait ends by itself: a stop takes up to 5 s longer, which no test may time.',
  },
  { name: 'writes: a caller without effect is notified', find: 'resolve(took.has(item.id))', replace: 'resolve(true)' },
  { name: 'writes: no more than the most at once', find: 'ids.size === MOST_ITEMS || ', replace: '' },
  {
    name: 'writes: items that come during a write wait for the next',
    find: 'this.#flushing ??= this.#flush()',
    replace: 'this.#flushing = this.#flush()',
  },
  {
    name: 'writes: an item after the last check begins another flush',
    find: '      this.#flushing = undefined;\n',
    replace: '      void Promise.resolve().then(() => (this.#flushing = undefined));\n',
    hangs: 'An item that is added between the two is never written.',
  },
]);

const kinds = mutantsOf({ file: 'src/drivers/error-kind.ts', tests: ['test/drivers/error-kind.test.ts'] }, [
  { name: 'errors: codes of sockets are no SQLSTATE', find: '(?=.*\\d)', replace: '' },
  { name: 'errors: a SQLSTATE has five characters', find: '{5}$/', replace: '{4,5}/' },
  { name: 'errors: a circle of causes ends', find: ' && depth < DEEPEST', replace: ' && depth < 1e4' },
  { name: 'errors: the cause is asked, too', find: '    at = (at as { cause?: unknown }).cause;\n', replace: '    return;\n' },
  { name: 'errors: a lost connection is no answer', find: '  if (hasConnectionCode(error)) return false;\n', replace: '' },
  { name: 'errors: the end of a session is no answer', find: '!/^(FATAL|PANIC)$/.test(severity)', replace: 'true' },
  { name: 'errors: only the server has a severity', find: "typeof severity === 'string'", replace: "severity !== 'x'" },
  { name: 'errors: class 08 is a loss', find: "state.startsWith('08') || ", replace: '' },
  { name: 'errors: a server that shuts down is a loss', find: ' || /^57P0[1-3]$/.test(state)', replace: '' },
  { name: 'errors: not all of class 57 is a loss', find: '/^57P0[1-3]$/', replace: '/^57/' },
  { name: 'errors: codes of sockets are losses', find: 'CONNECTION_CODES.has(', replace: 'Boolean(state) && CONNECTION_CODES.has(' },
]);

const sleepingFlag = mutantsOf({ file: 'src/worker/waking/sleeping-flag.ts', tests: ['test/worker/waking/sleeping-flag-slow.test.ts'] }, [
  {
    name: 'sleeping flag: a flag that is being set is waited for',
    find: '    await this.#marking;\n    const run',
    replace: '    const run',
  },
  { name: 'sleeping flag: is set once', find: 'this.#marking.then(() => this.#mark(run, losses))', replace: 'this.#mark(run, losses)' },
  { name: 'sleeping flag: is set on no lost session', find: 'if (losses === this.#losses) this.#state', replace: 'this.#state' },
  {
    name: 'sleeping flag: a lost session is not waited for',
    find: '    this.#marking = Promise.resolve();\n',
    replace: '',
    hangs: 'It waits for the lost session.',
  },
  {
    name: 'sleeping flag: a session that fails is no failure',
    find: '    } catch {\n',
    replace: '    } catch (error) {\n      if (error) throw error;\n',
  },
  {
    name: 'sleeping flag: is lost with its session',
    find: "    this.#losses++;\n    this.#state = 'unset';\n",
    replace: '    this.#losses++;\n',
    tests: ['test/worker/waking/sleeping-flag.test.ts'],
  },
  {
    name: 'sleeping flag: is cleared when it is set',
    find: '    await this.#workers.clearSleeping(run).catch(() => {});\n',
    replace: '',
  },
]);

const NEVER_RELEASED = 'No worker runs the unknown deliveries, and the test waits for them.';

const lostClaims = mutantsOf({ file: 'src/worker/claiming/lost-claims.ts', tests: ['test/worker/claiming/lost-claim.test.ts'] }, [
  { name: 'lost claims: a failed claim is checked', find: '    this.#failedAt = performance.now();\n', replace: '', hangs: NEVER_RELEASED },
  {
    name: 'lost claims: are released',
    find: '    await this.#claims.release(held.filter((claim) => !this.#slots.holds(claim)));\n',
    replace: '',
    hangs: NEVER_RELEASED,
  },
  {
    name: 'lost claims: a running delivery is none',
    find: '(claim) => !this.#slots.holds(claim)',
    replace: '() => true',
    tests: ['test/worker/claiming/lost-claim.test.ts'],
  },
  {
    name: 'lost claims: it reads all deliveries, so only after a failed claim',
    find: 'this.#failedAt === undefined || ',
    replace: '',
    equivalent: 'More checks find the same; the bench shows their cost.',
  },
]);

const claims = mutantsOf({ file: 'src/worker/claiming/claims.ts', tests: ['test/worker/life.test.ts'] }, [
  {
    name: 'claims: nothing of other queues',
    find: 'queues?.includes(queue) ?? true',
    replace: 'true',
    tests: ['test/worker/claiming/order.test.ts', 'test/worker/life.test.ts'],
  },
  {
    name: 'claims: receivers that are connected later',
    find: '    // Receivers may have been connected since the worker started.\n    await catalogue.announce();\n',
    replace: '',
    tests: ['test/worker/connected-later.test.ts'],
  },
]);

const commit = mutantsOf({ file: 'src/transaction/lost-commit.ts', tests: ['test/transaction/commit-patience.test.ts'] }, [
  { name: 'commit: is asked again while it is open', find: "state !== 'open' || leftMs <= 0", replace: 'true' },
  {
    name: 'commit: patience ends',
    find: "state !== 'open' || leftMs <= 0",
    replace: "state !== 'open'",
    hangs: 'It asks for ever.',
  },
  { name: 'commit: a question that fails leaves it open', find: "question.catch((): CommitState => 'open')", replace: 'question' },
  {
    name: 'commit: a query that is never answered times out',
    find: "Promise.race([question.catch((): CommitState => 'open'), late])",
    replace: "question.catch((): CommitState => 'open')",
    hangs: 'It waits for ever.',
  },
  ...mutantsOf({ file: 'src/transaction/lost-commit.ts', tests: ['test/transaction/lost-commit.test.ts'] }, [
    { name: 'commit: without a witness its error stands', find: 'xid === undefined || emissionId === undefined', replace: 'false' },
    { name: 'commit: a COMMIT that took effect resolves', find: "  if (state === 'committed') return;\n", replace: '' },
    { name: 'commit: a rollback rejects with its error', find: "  if (state === 'aborted') throw error;\n", replace: '' },
    {
      name: 'commit: an open transaction is unknown',
      find: "if (state === 'committed') return",
      replace: "if (state !== 'aborted') return",
    },
  ]),
]);

const emit = mutantsOf({ file: 'src/dispatch/reliable.ts', tests: ['test/dispatch'] }, [
  {
    name: 'emit: takes part in the commit',
    find: 'place.scope.pend(this.#emit(kind, signal, payloads, options, place).then(pick))',
    replace: 'this.#emit(kind, signal, payloads, options, place).then(pick)',
    tests: ['test/transaction/floating.test.ts'],
  },
  {
    name: 'emit: waits beside savepoints',
    find: 'await place.scope.beside(async () => {',
    replace: 'await (async (work: () => Promise<{ receipts: EmissionReceipt[] }>) => work())(async () => {',
    tests: ['test/transaction/savepoints.test.ts'],
  },
  {
    name: 'emit: leaves a witness',
    find: '            place.scope.xid ??= stored.xid;\n',
    replace: '',
    tests: ['test/transaction/lost-commit.test.ts'],
  },
  {
    name: 'emit: is known to its scope',
    find: '            for (const { id } of stored.fresh) place.scope.emissions.push(id);\n',
    replace: '',
    tests: ['test/transaction/lost-commit.test.ts', 'test/worker/immediate.test.ts'],
  },
  {
    name: 'emit: not outside of a transaction',
    find: "      case 'database':\n        throw new",
    replace: "      case 'database':\n        void new",
    tests: ['test/dispatch/bad-input.test.ts'],
  },
  {
    name: 'emit: not past the box in immediate mode',
    find: "this.#mode?.now === 'immediate'",
    replace: 'false',
    tests: ['test/worker/immediate.test.ts'],
  },
  {
    name: 'emit: a statement has a limit of emissions',
    file: 'src/dispatch/batches.ts',
    find: 'batch.length === BATCH_ITEMS || ',
    replace: '',
    equivalent: 'A longer statement stores the same; the bound is for its memory.',
  },
  { name: 'emit: reports that a signal has no receivers', find: 'first?.deliveries === 0', replace: 'false' },
]);

export const writeMutants: readonly Mutant[] = [...batcher, ...kinds, ...sleepingFlag, ...lostClaims, ...claims, ...commit, ...emit];
