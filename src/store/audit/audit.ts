// The audit in the store: entries are begun, completed and listed.
import type { Run } from '../../drivers/driver.ts';
import type { RowOf } from '../../drivers/statement.ts';
import * as sql from './audit.sql.ts';

/** An act of an operator. */
export interface AuditEntry {
  /** A bigint as text, in the order of writing. */
  readonly id: string;
  /** When the act began, by the database's clock. */
  readonly at: Date;
  /** The name of the operator, as it was given with the act. */
  readonly by: string;
  /** What was done: `retry`, `receivers.pause`. */
  readonly act: string;
  /** To what: the address, the filter, the receiver. Never a value of a payload. */
  readonly about: Readonly<Record<string, unknown>>;
  /** The outcome, as counts or as the error that ended the act; `undefined`: it goes on, or was cut off. */
  readonly result: Readonly<Record<string, unknown>> | undefined;
  /** The errand that does it, if one does. */
  readonly errandId: string | undefined;
  /** When it ended. */
  readonly finishedAt: Date | undefined;
}

/** With each entry that is completed. */
const FORGOTTEN_AT_ONCE = 100;

export class AuditStore {
  readonly #pool: Run;

  constructor(pool: Run) {
    this.#pool = pool;
  }

  /** Returns the id of the entry. */
  async begin({ by, act, about, errandId }: Pick<AuditEntry, 'by' | 'act' | 'about'> & { readonly errandId?: string }): Promise<string> {
    const [row] = await this.#pool(sql.beginAudit, [by, act, JSON.stringify(about), errandId ?? null]);
    return row!.id;
  }

  async end(id: string, result: object): Promise<void> {
    await this.#pool(sql.endAudit, [id, JSON.stringify(result), FORGOTTEN_AT_ONCE]);
  }

  async list(beforeId: string | undefined, limit: number): Promise<AuditEntry[]> {
    return (await this.#pool(sql.listAudit, [beforeId ?? null, limit])).map(entryOf);
  }
}

function entryOf(row: RowOf<typeof sql.listAudit.columns>): AuditEntry {
  return {
    id: row.id,
    at: new Date(row.at_ms),
    by: row.actor,
    act: row.act,
    about: JSON.parse(row.about) as Record<string, unknown>,
    result: row.result === null ? undefined : (JSON.parse(row.result) as Record<string, unknown>),
    errandId: row.errand_id ?? undefined,
    finishedAt: row.finished_at_ms === null ? undefined : new Date(row.finished_at_ms),
  };
}
