// A driver that injects a fault into one use of one statement. It replaces the driver that the box finds, so every
// statement of the box itself passes here: on the pool, in transactions, on the worker's own session.
import type { Driver, DriverOptions, Run } from '../../src/drivers/driver.ts';
import type { Proxy } from '../processes/proxy.ts';
import { type Fault, FAULTS } from './faults.ts';

export interface PlannedFault {
  readonly text: string;
  readonly fault: Fault;
  /** The number of the use of the statement, from 1. */
  readonly use: number;
}

/** The phase of a scenario: some statements are sent only while everything ends. */
export type Phase = 'live' | 'ending';

const byClient = new WeakMap<object, Injector>();

/** Records each statement of one box, and injects the planned faults. */
export class Injector {
  readonly #proxy: Proxy;
  readonly #planned: PlannedFault[];
  readonly #uses = new Map<string, Phase[]>();
  phase: Phase = 'live';

  constructor(client: object, proxy: Proxy, planned: readonly PlannedFault[]) {
    this.#proxy = proxy;
    this.#planned = [...planned];
    byClient.set(client, this);
  }

  /** The phases in which each statement was used, by its text. */
  get uses(): ReadonlyMap<string, readonly Phase[]> {
    return this.#uses;
  }

  hasMet(planned: PlannedFault): boolean {
    return !this.#planned.includes(planned);
  }

  through(run: Run): Run {
    return async (statement, params) => {
      const { text } = statement;
      const uses = [...(this.#uses.get(text) ?? []), this.phase];
      this.#uses.set(text, uses);
      const index = this.#planned.findIndex((one) => one.text === text && one.use === uses.length);
      if (index === -1) return run(statement, params);
      const [{ fault }] = this.#planned.splice(index, 1) as [PlannedFault];
      return FAULTS[fault]({ run, statement, params, proxy: this.#proxy }) as never;
    };
  }
}

/** The module that finds a driver, with faults for those clients that have an injector. */
export function faultyModule({ driverOf }: { driverOf: (db: object, options?: DriverOptions) => Driver }): { driverOf: typeof driverOf } {
  return {
    driverOf: (db, options) => {
      const driver = driverOf(db, options);
      const injector = byClient.get((db as { $client: object }).$client);
      if (!injector) return driver;
      const { openSession } = driver;
      return {
        ...driver,
        run: (client) => injector.through(driver.run(client)),
        ...(openSession && {
          openSession: (onLost) => {
            const session = openSession(onLost);
            return { ...session, run: injector.through(session.run) };
          },
        }),
      };
    },
  };
}
