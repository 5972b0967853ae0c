// Mutants of receivers that pause, and of errors that are not recorded twice.
import { type Mutant, mutantsOf } from './mutant.ts';

const pauses = mutantsOf({ file: 'src/worker/running/pauses.ts', tests: ['test/worker/running/pauses.test.ts'] }, [
  { name: 'pauses: none before its probe is due', find: '!this.#parts.probes || now < pause.until', replace: '!this.#parts.probes' },
  { name: 'pauses: a drain does not probe', find: '!this.#parts.probes || now < pause.until', replace: 'now < pause.until' },
  { name: 'pauses: one probe', find: 'pause.probe && this.#parts.isHeld(pause.probe) ? 0 : 1', replace: '1' },
  {
    name: 'pauses: a probe that is lost is replaced',
    find: 'pause.probe && this.#parts.isHeld(pause.probe) ? 0 : 1',
    replace: 'pause.probe ? 0 : 1',
  },
  { name: 'pauses: the probe is not held back', find: ' && !isSame(pause.probe, claim)', replace: '' },
  { name: 'pauses: of this claim', find: ' && probe.epoch === epoch', replace: '' },
  {
    name: 'pauses: only the probe decides',
    find: '    if (!members.some(({ delivery }) => isSame(pause.probe, delivery))) return;\n',
    replace: '',
  },
  { name: 'pauses: they end', find: 'Math.min(pause.delayMs * 2, pause.firstMs * LONGEST)', replace: 'pause.delayMs * 2' },
  { name: 'pauses: they grow', find: 'Math.min(pause.delayMs * 2, pause.firstMs * LONGEST)', replace: 'pause.firstMs' },
  {
    name: 'pauses: no shorter than asked for',
    find: 'Math.max(asked, Math.min(pause.delayMs * 2, pause.firstMs * LONGEST))',
    replace: 'Math.min(pause.delayMs * 2, pause.firstMs * LONGEST)',
  },
  {
    name: 'pauses: a probe without a result does not double the pause',
    find: "      if (typeof answer === 'object') pause.delayMs",
    replace: '      pause.delayMs',
  },
  { name: 'pauses: never none at all', find: '(delayMs > LEAST_MS ? delayMs : LEAST_MS)', replace: 'delayMs' },
  { name: 'pauses: a probe that was due already is not waited for', find: 'if (pause.until > claimedAt) ', replace: '' },
]);

const used = mutantsOf({ file: 'src/worker/claiming/claims.ts', tests: ['test/worker/running/unavailable.test.ts'] }, [
  {
    name: 'paused: not claimed',
    find: 'return this.#parts.pauses.isEmpty ? { claimable, probed: NONE } : this.#withoutPaused(claimable);',
    replace: 'return { claimable, probed: NONE };',
    named: 'probes now and then',
  },
  {
    name: 'paused: the loop wakes for a probe',
    file: 'src/worker/claiming/claim-loop.ts',
    find: 'Math.min(pollMs, claims.probeInMs)',
    replace: 'pollMs',
    named: 'probes now and then',
  },
  {
    name: 'paused: waiting deliveries are not started',
    file: 'src/worker/intake.ts',
    find: '        this.slots.holdBack();\n',
    replace: '',
    named: 'claimed ahead',
  },
  {
    name: 'paused: deliveries of a current claim are not started',
    file: 'src/worker/claiming/slots.ts',
    find: 'if (this.#parts.claims.holdsBack(delivery)) this.#heldBack.push(delivery);',
    replace: 'if (false as boolean) this.#heldBack.push(delivery);',
    tests: ['test/worker/claiming/slots.test.ts'],
  },
  {
    name: 'paused: a drain releases its deliveries that have not run',
    file: 'src/worker/drain.ts',
    find: '  await claims.release(heldBack);\n',
    replace: '',
    named: 'drain and tick',
  },
  {
    name: 'paused: a batch does not run singly',
    file: 'src/worker/running/batch.ts',
    find: " && outcomeKind(execution.outcome.error) !== 'unavailable'",
    replace: '',
    named: 'does not run singly',
  },
  {
    name: 'paused: an item is given back in the commit of its batch',
    file: 'src/store/deliveries/batch.ts',
    find: 'released.length > 0 ? await this.#deliveries.release(released, run)',
    replace: 'false ? await this.#deliveries.release(released, run)',
    named: 'an item that fails',
  },
  {
    name: 'paused: an item is given back in the same commit',
    file: 'src/store/deliveries/deliveries.ts',
    find: '(run ? this.#namespace.on(run) : this.#pool)(outcomes.release',
    replace: 'this.#pool(outcomes.release',
    named: 'an item that fails',
  },
  {
    name: 'paused: a delivery that threw goes behind the others',
    file: 'src/core/delivery.ts',
    find: "return { to: 'released', delayMs: 1 };",
    replace: "return { to: 'released', delayMs: 0 };",
    named: 'goes behind the others',
  },
  {
    name: 'recorded: a repeated error is not recorded again',
    file: 'src/store/deliveries/settle.sql.ts',
    find: 'where not h.refund or (',
    replace: 'where true or (',
    named: 'RetryAfter',
  },
  {
    name: 'recorded: an error that costs an attempt is always recorded',
    file: 'src/store/deliveries/settle.sql.ts',
    find: 'where not h.refund or (',
    replace: 'where (',
    tests: ['test/worker/running/outcomes.test.ts', 'test/store/deliveries/settle.test.ts'],
  },
  {
    name: 'recorded: a new error is recorded',
    file: 'src/store/deliveries/settle.sql.ts',
    find: "(h.error ->> 'name'::text, h.error ->> 'message'::text) is distinct from",
    replace: "h.refund is null and (h.error ->> 'name'::text, h.error ->> 'message'::text) is distinct from",
    named: 'RetryAfter',
  },
]);

export const pausesMutants: readonly Mutant[] = [...pauses, ...used];
