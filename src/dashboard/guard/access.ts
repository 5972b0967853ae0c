// Who may do what: asks `authorize` of the application, once for each action of a request, and refuses all that is not a clear yes.
import { actor } from '../../operate/audit.ts';

/**
 * What a request is about to do. `view`: read names, states, times and numbers. `view-payload`: read payloads, headers and the texts of
 * errors, and search by them. `act`: retry, replay or cancel one delivery. `act-in-bulk`: the same with all that match a filter, and pause,
 * resume or stop errands. `configure`: pause, resume, move or retire receivers and queues.
 */
export type DashboardAction = 'view' | 'view-payload' | 'act' | 'act-in-bulk' | 'configure';

/** The person behind a request. */
export interface DashboardUser {
  /** For the audit: 1 to 200 characters without control characters. */
  readonly name: string;
}

/** Says whether a request may do something: `false`, or the person who does it. */
export type Authorize = (request: Request, action: DashboardAction) => false | DashboardUser | Promise<false | DashboardUser>;

/** All that only reads. */
const READING: readonly DashboardAction[] = ['view', 'view-payload'];

/** What one request may do. */
export class Access {
  readonly #request: Request;
  readonly #authorize: Authorize;
  readonly #readOnly: boolean;
  readonly #asked = new Map<DashboardAction, Promise<DashboardUser | undefined>>();

  constructor(request: Request, authorize: Authorize, { readOnly }: { readonly readOnly: boolean }) {
    this.#request = request;
    this.#authorize = authorize;
    this.#readOnly = readOnly;
  }

  /** The person, if this request may do it. @throws TypeError for an answer that is neither; what `authorize` throws */
  async may(action: DashboardAction): Promise<DashboardUser | undefined> {
    if (this.#readOnly && !READING.includes(action)) return undefined;
    const asked = this.#asked.get(action) ?? this.#ask(action);
    this.#asked.set(action, asked);
    return asked;
  }

  async #ask(action: DashboardAction): Promise<DashboardUser | undefined> {
    const answer: unknown = await this.#authorize(this.#request, action);
    if (answer === false) return undefined;
    const name: unknown = typeof answer === 'object' && answer !== null && 'name' in answer ? answer.name : undefined;
    if (actor.accepts(name)) return { name: name as string };
    // A mistake of the application, and none of the person who asks: it goes into the log, and not onto the page.
    throw new TypeError(
      `dashboard: authorize(request, '${action}') answered neither false nor an object whose name is a text of 1 to 200 characters. Return false, or { name }.`,
    );
  }
}
