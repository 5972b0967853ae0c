// A life: the process as a test simulates it, from its first statement to its end. It numbers the statements of its clients, and can end before or after one of
// them, or lose the answer to a COMMIT.
//
// A dead process goes on with nothing. So at the end no promise of its clients settles any more: code that awaits one is never
// resumed, whatever it catches, and all that it would have sent is not sent. Its sessions are ended by the caller.

/** When a life ends: before a statement is sent, after it was executed, or not at all, but the answer to COMMIT is lost. */
export type CrashKind = 'before' | 'after' | 'lost';

/** A statement of a life. */
export interface LifeStatement {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** The line of the application, `file:line:column`; `undefined` for statements of Signalbox. */
  readonly place?: string | undefined;
}

/** A statement that is to be sent. Its place may become known later. */
export interface Sending {
  readonly text: string;
  place?: string | undefined;
}

export interface CrashPlan {
  readonly number: number;
  readonly kind: CrashKind;
}

/** The longest time that a dead life's statements are waited for. */
const QUIET_MS = 500;

/** No process dies between these: nothing but the transaction itself sees them. */
const NO_POINT = /^\s*(begin|start transaction|rollback|savepoint|release|discard|deallocate|set)\b/i;

export const isCommit = (text: string): boolean => /^\s*commit\b/i.test(text);

export class Life {
  readonly statements: LifeStatement[] = [];
  /** Resolves when it ends by its plan. */
  readonly whenEnded: Promise<void>;
  readonly #plan: CrashPlan | undefined;
  #onEnded: () => void = () => {};
  #counts = false;
  #hasEnded = false;
  #isMet = false;
  /** Statements that were sent, and are not answered yet. */
  readonly #sent = new Set<Promise<unknown>>();

  constructor(plan?: CrashPlan) {
    this.#plan = plan;
    this.whenEnded = new Promise((resolve) => (this.#onEnded = resolve));
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether the statement of the plan was met. */
  get isMet(): boolean {
    return this.#isMet;
  }

  /** Statements count from now on. */
  begin(): void {
    this.#counts = true;
  }

  /** Sends a statement, unless the life has ended or ends here. */
  async pass<T>(about: Sending, send: () => PromiseLike<T>): Promise<T> {
    if (this.#hasEnded) return never();
    if (!this.#counts || NO_POINT.test(about.text)) return this.alive(this.#send(send));
    const number = this.#number(about);
    if (this.#meets(number, 'before')) return this.#end();
    const result = await this.alive(this.#send(send));
    return this.#executed(number, result);
  }

  /** The same for a COMMIT that the client sends by itself: to be called before, and with its result after. */
  commit(place: string | undefined): { before(): Promise<void>; after<T>(result: T): Promise<T> } {
    const number = this.#counts ? this.#number({ text: 'commit', place }) : 0;
    return {
      before: async () => (this.#hasEnded ? never() : this.#meets(number, 'before') ? this.#end() : undefined),
      after: (result) => this.#executed(number, result),
    };
  }

  /** The outcome of `work`; nothing if the life has ended by then. */
  alive<T>(work: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      work.then(
        (value) => (this.#hasEnded ? undefined : resolve(value)),
        (error: unknown) => (this.#hasEnded ? undefined : reject(error)),
      );
    });
  }

  /**
   * Waits until the statements that it had sent are answered, as far as they do not wait for what it has locked. postgres.js would end the process for a
   * session that is ended while a statement is written to it.
   */
  async quiet(): Promise<void> {
    if (this.#sent.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, QUIET_MS)));
    await Promise.race([Promise.allSettled(this.#sent), patience]);
    clearTimeout(timer);
  }

  /** Ends it from outside: whatever it still waits for does not come. */
  end(): void {
    this.#hasEnded = true;
  }

  #send<T>(send: () => PromiseLike<T>): Promise<T> {
    const sent = Promise.resolve(send());
    this.#sent.add(sent);
    const forget = (): void => void this.#sent.delete(sent);
    sent.then(forget, forget);
    return sent;
  }

  #number(about: Sending): number {
    const number = this.statements.length + 1;
    this.statements.push(Object.assign(about, { number }));
    return number;
  }

  async #executed<T>(number: number, result: T): Promise<T> {
    if (this.#hasEnded) return never();
    if (this.#meets(number, 'after')) return this.#end();
    if (this.#meets(number, 'lost'))
      throw Object.assign(new Error('The connection was lost before the answer to COMMIT.'), { code: 'ECONNRESET' });
    return result;
  }

  #meets(number: number, kind: CrashKind): boolean {
    const meets = this.#plan !== undefined && this.#plan.number === number && this.#plan.kind === kind;
    this.#isMet ||= meets;
    return meets;
  }

  #end(): Promise<never> {
    this.#hasEnded = true;
    this.#onEnded();
    return never();
  }
}

const never = (): Promise<never> => new Promise(() => {});
