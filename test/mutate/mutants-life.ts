// Mutants of a worker's lock and of its checks of other workers, of the quarantine of suspects, and of odd failures.
import { type Mutant, mutantsOf } from './mutant.ts';

const lease = mutantsOf({ file: 'src/liveness/lease.ts', tests: ['test/liveness/lease.test.ts'] }, [
  { name: 'lease: gives its lock up behind a pooler', find: ' && this.#changes < POOLED', replace: '' },
  { name: 'lease: not before the third renewal from elsewhere', find: 'const POOLED = 3;', replace: 'const POOLED = 2;' },
  { name: 'lease: but after the third', find: 'const POOLED = 3;', replace: 'const POOLED = 4;' },
  { name: 'lease: a lock that is believed is no sign of a pooler', find: '      if (pid === before) this.#changes = 0;\n', replace: '' },
  {
    name: 'lease: one hit of the same backend does not count against a pooler',
    find: 'if (pid === before) this.#changes = 0;',
    replace: 'this.#changes = 0;',
  },
  {
    name: 'lease: a lock is asked for again after a change',
    find: '    this.#lockPid = undefined;\n    this.#changes++;',
    replace: '    this.#changes++;',
  },
  { name: 'lease: renews soon until the lock is believed', find: 'return pid !== before;', replace: 'return false;' },
  { name: 'lease: a lock that another session has can wait', find: '    if (this.#lockPid === undefined) return false;\n', replace: '' },
  { name: 'lease: the first renewal is at once', find: 'this.#usesLock ? 0 : this.#interval', replace: 'this.#interval' },
  { name: 'lease: a lost session is answered at once', find: '    this.#schedule(0);\n', replace: '    this.#schedule(this.#interval);\n' },
  {
    name: 'lease: a lost session has lost the lock',
    find: '    this.#lockPid = undefined;\n    this.#listener.onSessionLost();\n    this.#renewNow();\n',
    replace: '    this.#renewNow();\n',
  },
  { name: 'lease: a session lost during a renewal leads to no second one', find: 'this.#ended || this.#renewing', replace: 'this.#ended' },
  { name: 'lease: a session lost after the end leads to none', find: 'this.#ended || this.#renewing', replace: 'this.#renewing' },
  {
    name: 'lease: one renewal is planned at a time',
    find: '    clearTimeout(this.#timer);\n    this.#schedule(0);',
    replace: '    this.#schedule(0);',
  },
  {
    name: 'lease: the end of a session that was replaced is nothing',
    find: 'if (this.#session === session) this.#sessionLost();',
    replace: 'this.#sessionLost();',
  },
  {
    name: 'lease: a hanging renewal times out',
    find: "await within(this.#interval, 'a renewal', this.#renew())",
    replace: 'await this.#renew()',
  },
  {
    name: 'lease: after a failure the session is another',
    find: '      this.#openSession();\n      //',
    replace: '      //',
  },
  {
    name: 'lease: after a failure the session is closed',
    find: '      void this.#session?.close().catch(() => {});\n',
    replace: '',
  },
  {
    name: 'lease: after a failure the lock is taken again',
    find: '      this.#lockPid = undefined;\n      // A conn',
    replace: '      // A conn',
  },
  { name: 'lease: a failure is followed soon', find: 'this.#failures++ === 0 ? SOON_MS : RETRY_MS', replace: 'this.#interval' },
  { name: 'lease: and only the first one so soon', find: 'this.#failures++ === 0 ? SOON_MS : RETRY_MS', replace: 'SOON_MS' },
  {
    name: 'lease: a renewal that comes too late is void',
    find: 'under way.\n    if (round !== this.#round) return this.#interval;\n',
    replace: 'under way.\n',
  },
  { name: 'lease: an answer after the timeout is too late', find: '      this.#round++;\n', replace: '' },
  { name: 'lease: a worker that was marked dead enrols again', find: 'if (pid === undefined) await this.#enrolAnew();', replace: '' },
  {
    name: 'lease: under a new id, with a lock of its own',
    find: '    this.#lockPid = undefined;\n    this.#listener.onLost',
    replace: '    this.#listener.onLost',
  },
  {
    name: 'lease: and renews soon',
    find: '(pid === undefined || this.#isUnsettled(pid))',
    replace: '(pid !== undefined && this.#isUnsettled(pid))',
  },
  {
    name: 'lease: nothing is renewed after the end',
    find: 'if (!this.#ended) this.#schedule(',
    replace: 'this.#schedule(',
  },
  { name: 'lease: the end waits for a renewal', find: '    await this.#renewing;\n', replace: '' },
  { name: 'lease: the session is closed in the end', find: '      await this.#session?.close().catch(() => {});\n', replace: '' },
]);

const recovery = mutantsOf({ file: 'src/liveness/recovery.ts', tests: ['test/liveness/recovery.test.ts'] }, [
  { name: 'recovery: alone, it checks seldom', find: 'options.hasOthers() || performance', replace: 'true || performance' },
  { name: 'recovery: but it does', find: ' || performance.now() >= checkAt', replace: '' },
]);

const failureDetector = mutantsOf({ file: 'src/liveness/failure-detector.ts', tests: ['test/liveness/failure-detector.test.ts'] }, [
  {
    name: 'failure detector: at first only workers that the server knows',
    find: 'const known = performance.now() - this.#startedAt < this.#graceMs;',
    replace: 'const known = false;',
  },
  {
    name: 'failure detector: later all',
    find: 'const known = performance.now() - this.#startedAt < this.#graceMs;',
    replace: 'const known = true;',
  },
  {
    name: 'failure detector: holds off after a failure',
    find: '    if (performance.now() - this.#failedAt < this.#graceMs) return false;\n',
    replace: '',
  },
  {
    name: 'failure detector: and after each',
    find: '  holdOff(): void {\n    this.#failedAt = performance.now();\n',
    replace: '  holdOff(): void {\n',
  },
  { name: 'failure detector: checks again only where a lock is free', find: '    if (unlocked.length === 0) return false;\n', replace: '' },
  { name: 'failure detector: time between the checks', find: '    await pause(BETWEEN_CHECKS_MS);\n', replace: '' },
  {
    name: 'failure detector: the second check decides',
    find: 'return (await this.#workers.markUnlockedDead(unlocked, { known })) > 0;',
    replace: 'await this.#workers.markUnlockedDead(unlocked, { known });\n    return true;',
  },
]);

const quarantine = mutantsOf({ file: 'src/worker/claiming/quarantine.ts', tests: ['test/worker/claiming/quarantine.test.ts'] }, [
  { name: 'quarantine: nothing without a slot', find: '    if (free <= 0) return undefined;\n', replace: '' },
  {
    name: 'quarantine: a suspect waits until nothing runs',
    find: 'if (running === 0 && this.#members.othersAreIdle) {',
    replace: 'if (this.#members.othersAreIdle) {',
  },
  {
    name: 'quarantine: nor anything in the process',
    find: 'if (running === 0 && this.#members.othersAreIdle) {',
    replace: 'if (running === 0) {',
  },
  { name: 'quarantine: checks', find: 'const isDue = await this.#claims.hasSuspect(aheadMs);', replace: 'const isDue = false as boolean;' },
  { name: 'quarantine: takes none beside others', find: 'const suspects = running === 0 && ', replace: 'const suspects = ' },
  {
    name: 'quarantine: takes none beside others of its process',
    find: 'running === 0 && this.#members.othersAreIdle;',
    replace: 'running === 0;',
  },
  { name: 'quarantine: waits for that of another', find: '    if (this.#members.mustWait) return undefined;\n', replace: '' },
  {
    name: 'quarantine: continues after the suspect ran alone',
    find: '    if (this.#hasSuspect) this.#end();\n',
    replace: '',
  },
  { name: 'quarantine: continues if the suspect is gone', find: '      else this.#end();\n', replace: '' },
  {
    name: 'quarantine: a suspect beside which another began is released',
    find: '    if (this.#members.othersAreIdle) {\n      this.#hasSuspect = true;',
    replace: '    if (true as boolean) {\n      this.#hasSuspect = true;',
  },
  {
    name: 'quarantine: and the worker becomes idle for it',
    find: '    this.#wait();\n    await this.#claims.release',
    replace: '    await this.#claims.release',
  },
  {
    name: 'quarantine: is not waited for for ever',
    find: '    if (now < until) return undefined;\n',
    replace: '    if (until > 0) return undefined;\n',
  },
  { name: 'quarantine: but longer each time', find: '    this.#patienceMs *= 2;\n', replace: '' },
  { name: 'quarantine: nor at once again', find: '    this.#checkAt = now + this.#patienceMs;\n', replace: '' },
  { name: 'quarantine: is cancelled at a failure', find: '    if (this.#waitsUntil !== undefined) this.#end();\n', replace: '' },
  {
    name: 'quarantine: an idle worker need not check',
    find: '    if (suspects && found.deliveries.every(isSuspect)) this.#checkAt = performance.now() + CHECK_EVERY_MS;\n',
    replace: '',
  },
  {
    name: 'quarantine: a worker that finds more each time is not idle',
    find: 'if (suspects && found.deliveries.every(isSuspect))',
    replace: 'if (suspects)',
  },
  { name: 'quarantine: nor is one that runs something', find: 'if (suspects && found', replace: 'if (found' },
]);

const batcher = mutantsOf({ file: 'src/worker/running/write-batcher.ts', tests: ['test/worker/running/write-batcher.test.ts'] }, [
  {
    name: 'batcher: no two outcomes of one delivery in one write',
    find: '    return ids.size;\n',
    replace: '    return Math.min(MOST_ITEMS, this.#queue.length);\n',
  },
]);

const order = mutantsOf({ file: 'src/worker/worker.ts', tests: ['test/worker/order-of-life.test.ts'] }, [
  { name: 'life: a start after a stop in the same turn', find: "    this.#phase = 'stopping';\n", replace: '' },
  { name: 'life: a stop waits for the start under way', find: '      await this.#starting?.catch(() => {});\n', replace: '' },
  { name: 'life: a stop waits for ticks', find: ', Promise.race([Promise.allSettled(this.#ticks), gaveUp])]', replace: ']' },
  {
    name: 'life: no start beside ticks',
    find: "this.#phase !== 'new' || this.#ticks.size > 0)\n      throw",
    replace: "this.#phase !== 'new')\n      throw",
  },
  { name: 'life: a closed box starts nothing', find: '    this.#parts.assertOpen();\n', replace: '', count: 2 },
  { name: 'life: a box ends the ticks under way', find: '    this.#begin();\n    const tick', replace: '    const tick' },
  {
    name: 'life: a box forgets a worker that has ticked',
    find: "      if (this.#ticks.size === 0 && this.#phase === 'new') this.#rest();\n",
    replace: '',
  },
  {
    name: 'life: a box forgets a worker that has stopped',
    find: "    this.#phase = 'stopped';\n    this.#rest();\n",
    replace: "    this.#phase = 'stopped';\n",
  },
  {
    name: 'life: a tick is interrupted, too',
    file: 'src/worker/runners.ts',
    find: '    for (const runner of this.#runners) interrupt(runner);\n',
    replace: '',
    hangs: 'Nothing else ends the receiver that the tick waits for.',
  },
  {
    name: 'life: a stop in a receiver of its own',
    find: "    this.assertOutside('worker.stop()');\n",
    replace: '',
    hangs: 'The stop waits for the receiver that waits for the stop.',
  },
  {
    name: 'life: a close in a receiver of its own',
    file: 'src/box/lifetime.ts',
    find: "    for (const worker of this.workers) worker.assertOutside('box.close()');\n",
    replace: '',
  },
  {
    name: 'life: an ended call is none',
    file: 'src/transaction/call.ts',
    tests: ['test/transaction/call.test.ts'],
    find: 'while (call && (call.isOver || !matches(call)))',
    replace: 'while (call && !matches(call))',
  },
  {
    name: 'life: settled of its own emission',
    file: 'src/operate/emissions.ts',
    find: "    refuseInside('emissions.settled() of its own emission', isOf(emissionId));\n",
    replace: '',
    hangs: 'The receiver waits for its own delivery to be settled.',
  },
  {
    name: 'life: cancel of its own delivery, in its transaction',
    file: 'src/operate/deliveries.ts',
    find: 'call.receiver.transactional && ',
    replace: '',
  },
  {
    name: 'life: and of its own only',
    file: 'src/operate/deliveries.ts',
    find: '(address.receiver ?? call.receiver.name) === call.receiver.name && ',
    replace: '',
  },
]);

const watchdog = mutantsOf({ file: 'src/liveness/watchdog.ts', tests: ['test/crash/watchdog.system.test.ts'] }, [
  { name: 'watchdog: ends the process', find: "    process.kill(process.pid, 'SIGKILL');\n", replace: '', named: 'two workers' },
  { name: 'watchdog: a loop that beats is not blocked', find: 'now !== beat || ', replace: '', named: 'stopped as a whole' },
  {
    name: 'watchdog: time in which it slept itself is none',
    find: '  blockedMs += tickMs;',
    replace: '  blockedMs += performance.now() - (globalThis.last ?? performance.now()); globalThis.last = performance.now();',
    named: 'stopped as a whole',
    equivalent: 'An event loop that goes on nearly always beats before the thread ticks: no test can have it otherwise each time.',
  },
  { name: 'watchdog: not under a debugger', find: ' || Atomics.load(memory, ${DEBUGGED}) === 1', replace: '', named: 'lives on under' },
  { name: 'watchdog: names the running receivers', find: '    memory[index]!++;\n', replace: '', named: 'two workers' },
  {
    name: 'watchdog: only if it is asked for',
    file: 'src/worker/worker.ts',
    find: 'if (this.#settings.watchdog) this',
    replace: 'this',
    named: 'without a watchdog',
  },
]);

const members = mutantsOf({ file: 'src/liveness/process-members.ts', tests: ['test/liveness/process-members.test.ts'] }, [
  { name: 'members: wait for one that wants a quarantine', find: 'member.wantsQuarantine() && !(wants && isAfter)', replace: 'false' },
  { name: 'members: of several, one does not wait', find: ' && !(wants && isAfter)', replace: '' },
  { name: 'members: the first', find: '!(wants && isAfter)', replace: '!wants' },
  { name: 'members: idle when they hold nothing', find: ' && member.load() > 0', replace: '' },
  {
    name: 'members: not idle when they do',
    find: 'if (member !== this.#me && member.load() > 0) return false;',
    replace: 'if (member.load() < 0) return false;',
  },
  {
    name: 'members: those that wait are woken when others hold less',
    find: 'if (member !== this.#me && member.wantsQuarantine()) member.wake();',
    replace: 'void member;',
  },
  {
    name: 'members: and only those',
    find: 'if (member !== this.#me && member.wantsQuarantine()) member.wake();',
    replace: 'if (member !== this.#me) member.wake();',
  },
  {
    name: 'members: all are woken when a quarantine has ended',
    find: 'if (member !== this.#me) member.wake();',
    replace: 'void member;',
  },
  { name: 'members: and when one has left', find: '    this.quarantineEnded();\n', replace: '' },
  {
    name: 'members: a drain waits with a suspect',
    file: 'src/worker/temporary-worker.ts',
    find: ' || !(await this.#quarantine.check(aheadMs))',
    replace: ' || true',
  },
  {
    name: 'members: but not inside a receiver',
    file: 'src/worker/temporary-worker.ts',
    find: '#isNested = currentCall() !== undefined',
    replace: '#isNested = false',
  },
]);

const budget = ['test/liveness/crash-budget.test.ts'];

const crashBudget = [
  ...mutantsOf({ file: 'src/signalbox.ts', tests: budget }, [
    { name: 'crash budget: counts', find: 'new Store(driver, settings.crashBudget', replace: 'new Store(driver, 3' },
  ]),
  ...mutantsOf({ file: 'src/box/options.ts', tests: budget }, [
    { name: 'crash budget: one at least', find: 'crashBudget: whole(1, 100)', replace: 'crashBudget: whole(0, 100)' },
    { name: 'crash budget: a hundred at most', find: 'crashBudget: whole(1, 100)', replace: 'crashBudget: whole(1, 101)' },
  ]),
  ...mutantsOf({ file: 'src/store/store.ts', tests: budget }, [
    {
      name: 'crash budget: of the rescue',
      find: 'new WorkersStore(this.#pool, namespace, crashBudget)',
      replace: 'new WorkersStore(this.#pool, namespace, 3)',
    },
  ]),
  ...mutantsOf({ file: 'src/store/deliveries/deliveries.ts', tests: budget }, [
    { name: 'crash budget: alone from one less', find: 'Math.max(1, crashBudget - 1)', replace: 'Math.max(1, crashBudget)' },
    {
      name: 'crash budget: a delivery without a crash is never a suspect',
      find: 'Math.max(1, crashBudget - 1)',
      replace: 'crashBudget - 1',
    },
    { name: 'crash budget: a suspect is claimed as one', find: 'crashes >= this.#suspectFrom,', replace: 'crashes >= 2,' },
    {
      name: 'crash budget: only a delivery with a crash is a suspect',
      find: 'isSuspect: crashes > 0 && ',
      replace: 'alone: ',
      equivalent: 'Nothing is a suspect before its first crash: see "a delivery without a crash is never a suspect".',
    },
  ]),
];

const odd = ['test/core/delivery.property.test.ts'];

const failures: Mutant[] = [
  {
    name: 'failure: of a kind that only another version knows',
    file: 'src/core/outcome.ts',
    find: 'KINDS.has(kind) ? (kind as Kind) : undefined',
    replace: 'kind as Kind | undefined',
    tests: odd,
  },
];

export const lifeMutants: readonly Mutant[] = [
  ...lease,
  ...recovery,
  ...failureDetector,
  ...quarantine,
  ...order,
  ...watchdog,
  ...members,
  ...batcher,
  ...crashBudget,
  ...failures,
];
