// The options of a dashboard, and what is refused.
import type { GivenLogger, Logger } from '../core/logger.ts';
import { BOX_OPTIONS, loggerOf } from '../box/options.ts';
import { checkOptions, type OptionTable, type Rule } from '../core/options.ts';
import { callable, flag, whole } from '../core/rules.ts';
import type { Authorize } from './guard/access.ts';
import { TRACE_ID, type TraceLink, traceLink, webUrl } from './trace-link.ts';

/** Options of {@link dashboard}. */
export interface DashboardOptions {
  /**
   * Says of each request and each action whether it may: `false`, or `{ name }`, the person, whom the audit keeps. It is called on the server
   * for every page and every act. There is no default: without it there is no dashboard.
   */
  authorize: Authorize;
  /** Refuse all that changes something, whatever `authorize` says. Default false. */
  readOnly?: boolean;
  /**
   * Pages of this dashboard that may be live at the same time, in all browsers together. Each makes its page anew every two seconds, so this bounds
   * what the database spends on people who look. One more is answered with 503, says so, and tries again. 0: none is live. Default 100.
   */
  liveStreams?: number;
  /**
   * Where the trace of an emission is shown: an address with `{traceId}` in it, or a function from the trace id, 32 hexadecimal digits, to one. Pages
   * of emissions and deliveries link to it, if `http` or `https`, where the emission has the header `traceparent`. Default: no link.
   */
  traceUrl?: string | ((traceId: string) => string | undefined);
  /** Gets what failed unexpectedly. Default: a pino logger on standard error; `false`: nothing. */
  log?: GivenLogger | false;
}

const authorize: Rule = {
  ...callable,
  wants: 'authorize: (request, action) => false | { name }, which says who may do what: a dashboard that asks nobody is open to everybody',
};

const traceUrl: Rule = {
  wants: 'an address of http or https with {traceId} in it, or a function from a trace id to one',
  accepts: (value) => callable.accepts(value) || (typeof value === 'string' && value.includes(TRACE_ID) && webUrl(value) !== undefined),
};

const DASHBOARD_OPTIONS: OptionTable<DashboardOptions> = {
  authorize,
  readOnly: flag,
  liveStreams: whole(0, 10_000),
  traceUrl,
  log: BOX_OPTIONS.log,
};

export interface DashboardSettings {
  readonly authorize: Authorize;
  readonly readOnly: boolean;
  readonly liveStreams: number;
  readonly traceUrl: TraceLink;
  readonly log: Logger;
}

/** @throws SignalboxError `InvalidOption` */
export function settingsOf(given: DashboardOptions): DashboardSettings {
  checkOptions(given ?? {}, DASHBOARD_OPTIONS, 'dashboard', { required: ['authorize'] });
  const { authorize: ask, readOnly = false, liveStreams = 100, traceUrl: url, log } = given;
  return { authorize: ask, readOnly, liveStreams, traceUrl: traceLink(url), log: loggerOf(log) };
}
