// A driver through which one use of one statement meets a fault. It stands where the box finds its driver, so whatever
// the box sends by itself passes here: on the pool, in transactions, on the worker's own session.
import type { Driver, DriverOptions, Run } from '../../src/drivers/driver.ts';
import type { Proxy } from '../support/proxy.ts';
import { type Fault, FAULTS } from './faults.ts';

export interface Plan {
  readonly text: string;
  readonly fault: Fault;
  /** Which use of the statement, from 1. */
  readonly use: number;
}

/** What a story does at the time: some statements are sent only when everything ends. */
export type Phase = 'live' | 'ending';

const byClient = new WeakMap<object, Injector>();

/** Sees each statement of one box, and brings the planned faults about. */
export class Injector {
  readonly #proxy: Proxy;
  readonly #plans: Plan[];
  readonly #uses = new Map<string, Phase[]>();
  phase: Phase = 'live';

  constructor(client: object, proxy: Proxy, plans: readonly Plan[]) {
    this.#proxy = proxy;
    this.#plans = [...plans];
    byClient.set(client, this);
  }

  /** The phases in which each statement was used, by its text. */
  get uses(): ReadonlyMap<string, readonly Phase[]> {
    return this.#uses;
  }

  has(plan: Plan): boolean {
    return !this.#plans.includes(plan);
  }

  through(run: Run): Run {
    return async (statement, params) => {
      const { text } = statement;
      const uses = [...(this.#uses.get(text) ?? []), this.phase];
      this.#uses.set(text, uses);
      const index = this.#plans.findIndex((plan) => plan.text === text && plan.use === uses.length);
      if (index === -1) return run(statement, params);
      const [{ fault }] = this.#plans.splice(index, 1) as [Plan];
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
