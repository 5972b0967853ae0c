// Each verb of the read model, as an operator would ask: for the benchmark and for the test of its plans.
import type { Run } from '../../src/drivers/driver.ts';
import type { DeliveryFilter } from '../../src/index.ts';
import { Reads } from '../../src/operate/reads.ts';
import { Redactor } from '../../src/operate/redaction.ts';
import { Status } from '../../src/operate/status.ts';
import { DEFAULT_SCHEMA } from '../../src/core/rules.ts';
import { storedRows } from '../../src/store/doctor/stored-rows.sql.ts';
import { deadDeliveries, overdue } from '../../src/store/doctor/waiting.sql.ts';
import { Namespace } from '../../src/store/namespace.ts';
import { sequencesBehind } from '../../src/store/sequences/sequences.ts';
import { DetailsStore } from '../../src/store/operations/details.ts';
import { PagesStore } from '../../src/store/operations/pages.ts';
import { StatusStore } from '../../src/store/operations/status.ts';
import { RARE } from './seed.ts';

export interface Verb {
  readonly name: string;
  /** Rows of `delivery` and `settled` that one statement of it may read. */
  readonly mostRows: number;
  readonly read: () => Promise<unknown>;
}

const RECEIVER = 'Service3.receiver1';
/** A page that is found at once. A count reads on until it has 1,000, or a step of the walk. */
const FEW = 2_600;
/** The largest step of a walk that finds next to nothing. */
const STEP = 10_100;
const ALL_STEPS = 50_100;

/** @param run sends statements @param sample a settled, a dead and a live delivery */
export function verbsOf(
  run: Run,
  sample: Readonly<Record<'settled' | 'dead' | 'live', { readonly id: string; readonly emissionId: string }>>,
): Verb[] {
  const reads = new Reads(new PagesStore(run), new DetailsStore(run), new Redactor(undefined));
  const status = new Status(new StatusStore(run), { assertOpen: () => {} });
  const page = (name: string, mostRows: number, filter: DeliveryFilter): Verb[] => [
    { name: `page: ${name}`, mostRows, read: () => reads.page(filter, {}) },
    { name: `count: ${name}`, mostRows: Math.max(mostRows, STEP), read: () => reads.count(filter) },
  ];
  return [
    ...page('all', FEW, {}),
    ...page('completed', FEW, { states: ['completed'] }),
    ...page('ready', FEW, { states: ['ready'] }),
    ...page('due of a receiver', FEW, { states: ['ready'], receiver: RECEIVER }),
    ...page('dead', FEW, { states: ['dead'] }),
    ...page('dead of a receiver', STEP, { states: ['dead'], receiver: RECEIVER }),
    ...page('completed of a receiver', STEP, { states: ['completed'], receiver: RECEIVER }),
    ...page('of a signal', STEP, { signal: 'seed.signal4' }),
    ...page('of an emission', 10, { emissionId: sample.settled.emissionId }),
    ...page('dead by error', STEP, { states: ['dead'], error: 'said 3' }),
    ...page('dead by payload', STEP, { states: ['dead'], payload: { path: 'customer.email', value: 'c77@example.com' } }),
    ...page('dead of a time', FEW, { states: ['dead'], since: new Date(Date.now() - 86_400_000) }),
    ...page('of a receiver that has next to nothing', STEP, { receiver: RARE }),
    ...page('by a payload that is not there', STEP, { payload: { path: 'customer.email', value: 'nobody@example.com' } }),
    { name: 'groups', mostRows: FEW, read: () => reads.groups({}) },
    {
      name: 'get: by address',
      mostRows: 10,
      read: () => reads.get({ emissionId: sample.settled.emissionId, receiver: RECEIVER }).catch(() => {}),
    },
    { name: 'get: live, by id', mostRows: 10, read: () => reads.get(sample.live.id) },
    { name: 'get: dead, by id', mostRows: 10, read: () => reads.get(sample.dead.id) },
    { name: 'get: completed, by id', mostRows: 2 * ALL_STEPS, read: () => reads.get(sample.settled.id).catch(() => {}) },
    { name: 'emission', mostRows: 10, read: () => reads.emission(sample.settled.emissionId) },
    { name: 'receivers', mostRows: 0, read: () => status.receivers() },
    { name: 'workers', mostRows: 21 * 2_010, read: () => status.workers() },
    { name: 'doctor: what waits', mostRows: 21 * 1_010, read: () => run(overdue, []) },
    { name: 'doctor: what is dead', mostRows: STEP, read: () => run(deadDeliveries, []) },
    { name: 'doctor: sequences', mostRows: 400, read: () => sequencesBehind(run, new Namespace(DEFAULT_SCHEMA)) },
    { name: 'check: stored rows', mostRows: 21 * 1_010 + STEP, read: () => run(storedRows, []) },
    { name: 'status', mostRows: 21 * 4_020 + ALL_STEPS, read: () => status.read() },
  ];
}
