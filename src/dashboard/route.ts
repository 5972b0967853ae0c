// What a page or an act of the dashboard is: its address, the action that it needs, and its answer. dashboard.ts asks for the action before it
// calls the answer, for every route, so that none can forget to.
import type { Child } from 'hono/jsx';
import type { Signalbox } from '../box/box.ts';
import type { DashboardAction, DashboardUser } from './guard/access.ts';
import type { TraceLink } from './trace-link.ts';

/** What pages use of a box: its read model, and the acts of operators. */
export type OperatedBox = Pick<
  Signalbox,
  'schema' | 'deliveries' | 'emissions' | 'receivers' | 'queues' | 'signals' | 'workers' | 'errands' | 'audit' | 'status' | 'tallies'
>;

/** One request, as a page gets it. */
export interface Visit {
  readonly box: OperatedBox;
  readonly request: Request;
  readonly query: URLSearchParams;
  /** The person, as the action of the route was granted. */
  readonly user: DashboardUser;
  /** Whether this request may do more, too: what it may not is not shown. */
  may(action: DashboardAction): Promise<boolean>;
  /** For the forms of this page. */
  readonly token: string;
  /** The address of the trace of an emission with these headers. */
  readonly traceLink: TraceLink;
}

/** What stands between the frame's head and foot. */
export interface Content {
  readonly title: string;
  /** Default 200. */
  readonly status?: number;
  /** Of the answer, beside those of the guard. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Child;
}

/** A page, or anything else that is read. */
export interface PageRoute {
  readonly method: 'GET';
  /** The last part of its address; `''` is the overview. */
  readonly path: string;
  readonly action: DashboardAction;
  answer(visit: Visit): Promise<Content | Response>;
}

/** An act: it changes something, and leads to a page. */
export interface ActRoute {
  readonly method: 'POST';
  readonly path: string;
  readonly action: DashboardAction;
  /** Returns the address of that page, as `link` makes it. */
  answer(visit: Visit, form: URLSearchParams): Promise<string>;
}

export type Route = PageRoute | ActRoute;
