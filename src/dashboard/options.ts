// The options of a dashboard, and what is refused.
import type { GivenLogger, Logger } from '../core/logger.ts';
import { BOX_OPTIONS, loggerOf } from '../box/options.ts';
import { checkOptions, type OptionTable, type Rule } from '../core/options.ts';
import { callable, flag } from '../core/rules.ts';
import type { Authorize } from './guard/access.ts';

/** Options of {@link dashboard}. */
export interface DashboardOptions {
  /**
   * Says of each request and each action whether it may: `false`, or `{ name }`, the person, whom the audit keeps. It is called on the server
   * for every page and every act. There is no default: without it there is no dashboard.
   */
  authorize: Authorize;
  /** Refuse all that changes something, whatever `authorize` says. Default false. */
  readOnly?: boolean;
  /** Gets what failed unexpectedly. Default: a pino logger on standard error; `false`: nothing. */
  log?: GivenLogger | false;
}

const authorize: Rule = {
  ...callable,
  wants: 'authorize: (request, action) => false | { name }, which says who may do what: a dashboard that asks nobody is open to everybody',
};

const DASHBOARD_OPTIONS: OptionTable<DashboardOptions> = { authorize, readOnly: flag, log: BOX_OPTIONS.log };

export interface DashboardSettings {
  readonly authorize: Authorize;
  readonly readOnly: boolean;
  readonly log: Logger;
}

/** @throws SignalboxError `InvalidOption` */
export function settingsOf(given: DashboardOptions): DashboardSettings {
  checkOptions(given ?? {}, DASHBOARD_OPTIONS, 'dashboard', { required: ['authorize'] });
  const { authorize: ask, readOnly = false, log } = given;
  return { authorize: ask, readOnly, log: loggerOf(log) };
}
