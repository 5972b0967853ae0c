// box.audit: the record of what operators did. Every act of an operator goes through `Audit.record`, which writes the entry before the act
// begins and completes it after.
import type { Logger } from '../core/logger.ts';
import { checkOptions, type OptionTable, type Rule } from '../core/options.ts';
import { rowId, whole } from '../core/rules.ts';
import { isSignalboxError } from '../errors.ts';
import { errorReport } from '../core/error-report.ts';
import type { AuditEntry, AuditStore } from '../store/audit/audit.ts';
import type { Openness } from './emissions.ts';

/** The operator of an act. */
export interface ActOptions {
  /** The name of the operator, which the audit keeps: 1 to 200 characters. Default `'code'`. */
  by?: string;
}

/** The operator of an act of which none is named: the program itself. */
export const BY_CODE = 'code';

export const actor: Rule = {
  wants: 'the name of an operator: a text of 1 to 200 characters without control characters',
  accepts: (by) => typeof by === 'string' && by.length > 0 && by.length <= 200 && !/\p{C}/u.test(by),
};

export const ACT_OPTIONS: OptionTable<ActOptions> = { by: actor };

/** The operator that options of an act name. @throws SignalboxError `InvalidOption` */
export function byOf(options: ActOptions, subject: string): string {
  checkOptions(options, ACT_OPTIONS, subject);
  return options.by ?? BY_CODE;
}

/** A page of the audit. */
export interface AuditQuery {
  /** The last id of the previous page: entries come with the latest first. */
  beforeId?: string;
  /** 1 to 1000. Default 100. */
  limit?: number;
}

const QUERY: OptionTable<AuditQuery> = { beforeId: { ...rowId, wants: 'the id of an entry, a text of digits' }, limit: whole(1, 1_000) };

/** What an act is recorded as. */
export interface Act extends Pick<AuditEntry, 'by' | 'act' | 'about'> {
  readonly errandId?: string;
}

/** What operators did: an entry for each act, kept for 400 days. */
export class Audit {
  readonly #store: AuditStore;
  readonly #box: Openness;
  readonly #log: Logger;

  /** @internal Made by the box. */
  constructor(store: AuditStore, box: Openness, log: Logger) {
    this.#store = store;
    this.#box = box;
    this.#log = log;
  }

  /** Acts of operators, the latest first. @throws SignalboxError `InvalidOption`, `BoxClosed` */
  async list(query: AuditQuery = {}): Promise<AuditEntry[]> {
    this.#box.assertOpen();
    checkOptions(query, QUERY, 'audit.list');
    return this.#store.list(query.beforeId, query.limit ?? 100);
  }

  /** @internal Does `work` between the two writes of its entry. An act that cannot be recorded is not done. */
  async record<T>(act: Act, work: () => Promise<T>, resultOf: (done: T) => object): Promise<T> {
    const id = await this.begin(act);
    const done = await this.until(id, work);
    await this.end(id, resultOf(done));
    return done;
  }

  /** @internal Writes the entry of an act that begins. Returns its id. */
  async begin(act: Act): Promise<string> {
    return this.#store.begin(act);
  }

  /** @internal Does `work`, whose failure completes the entry. */
  async until<T>(id: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      // Without the message, which may hold what the act was about.
      const { name } = errorReport(error);
      await this.end(id, { error: isSignalboxError(error) ? error.code : name });
      throw error;
    }
  }

  /** @internal Completes an entry. The act is done, or has failed, whether this can be written or not. */
  async end(id: string, result: object): Promise<void> {
    await this.#store.end(id, result).catch((error: unknown) => {
      this.#log.warn({ err: error, entry: id }, 'an entry of the audit could not be completed');
    });
  }
}
