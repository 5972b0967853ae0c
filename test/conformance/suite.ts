// The behaviours that every driver must show, and the runner for one driver. The cases are in the files beside this
// one.
import { describe, test } from 'vitest';
import { ambientCases } from './ambient.ts';
import { closingCases } from './closing.ts';
import { deliveryCases } from './deliveries.ts';
import { type Case, type DriverUnderTest, NEEDS } from './driver.ts';
import { isolationCases } from './isolation.ts';
import { lossCases } from './loss.ts';
import { transactionCases } from './transactions.ts';
import { workerCases } from './workers.ts';

export const cases: readonly Case[] = [
  ...transactionCases,
  ...closingCases,
  ...ambientCases,
  ...deliveryCases,
  ...workerCases,
  ...isolationCases,
  ...lossCases,
];

/** Declares the tests of one driver. */
export function conformance(driver: DriverUnderTest): void {
  // oxlint-disable-next-line vitest/valid-title -- it is a string
  describe(driver.name, () => {
    for (const { name, needs, run } of cases)
      if (needs === undefined || driver.has.includes(needs))
        // oxlint-disable-next-line vitest/valid-title -- it is a string
        test(name, () => run(driver));
      else test.skip(`${name} (${NEEDS[needs]})`);
  });
}
