// The tables, advisory locks, channel of notifications and names of sessions that are a box's own, in a database that several
// applications may share. All of them follow from the name of the schema.
//
// Statements are written for the default schema. For another one each is rewritten once, by an exact substitution, and the rewritten
// statement is kept: a client that prepares statements knows them by their text, which must stay the same. A box in the default schema
// sends the statements as they are written.
import { createHash } from 'node:crypto';
import { DEFAULT_SCHEMA } from '../core/rules.ts';
import type { Run } from '../drivers/driver.ts';
import { sqlState } from '../drivers/error-kind.ts';
import type { Columns, Statement } from '../drivers/statement.ts';
import { migrationMissing } from './schema/schema-check.ts';
import { takenId } from './sequences/sequences.ts';
import { tables } from './schema/schema.ts';
import { getTableName } from 'drizzle-orm';

// First keys of advisory locks in the default schema: numbers of our own ("sign" and "sigo" in ASCII), so that they do not meet the
// locks of the application.
/** A worker's own session holds this lock while it lives; the second key is the worker's id. */
export const WORKER_LOCKS = 0x73_69_67_6e;
/** The two locks of the sleeping flag. */
export const SLEEPING_LOCKS = 0x73_69_67_6f;
const CHANNEL = 'signalbox_ready';

/** PostgreSQL cuts a name of a session to 63 bytes. This many leave room for ` worker ` and an id. */
const LONGEST_LABEL = 40;

/** All that a statement says of its schema. */
const NAMES = new RegExp(
  `\\bsignalbox\\.(?=(?:${Object.values(tables).map(getTableName).join('|')})(?:_id_seq)?\\b)|'signalbox worker '|\\b(?:${WORKER_LOCKS}|${SLEEPING_LOCKS})\\b`,
  'g',
);

/** The schema's name as SQL takes it: quoted, for it may be a word of SQL. */
export const quotedSchema = (schema: string): string => (schema === DEFAULT_SCHEMA ? schema : `"${schema}"`);

export class Namespace {
  readonly schema: string;
  /** Workers listen here. A notification only says that there may be something to claim; nothing depends on it. */
  readonly channel: string;
  readonly #names: ReadonlyMap<string, string> | undefined;
  readonly #rewritten = new WeakMap<Statement, Statement>();

  /** @param schema a name that `schemaName` accepts (core/rules.ts) */
  constructor(schema: string) {
    this.schema = schema;
    if (schema === DEFAULT_SCHEMA) {
      this.channel = CHANNEL;
      return;
    }
    const hash = createHash('sha256').update(schema).digest();
    const suffix = hash.toString('hex', 0, 4);
    const label = schema.length <= LONGEST_LABEL ? schema : `${schema.slice(0, LONGEST_LABEL - 9)}~${suffix}`;
    // Two neighbours, as those of the default are: an even number and the odd one after it, positive as an int4.
    const locks = (hash.readUInt32BE(4) & 0x7f_ff_ff_fe) >>> 0;
    this.channel = `${CHANNEL}_${suffix}`;
    this.#names = new Map([
      [`${DEFAULT_SCHEMA}.`, `${quotedSchema(schema)}.`],
      [`'${DEFAULT_SCHEMA} worker '`, `'${label} worker '`],
      [String(WORKER_LOCKS), String(locks)],
      [String(SLEEPING_LOCKS), String(locks + 1)],
    ]);
  }

  /** The statement in this schema: the same object each time. */
  of<C extends Columns>(statement: Statement<C>): Statement<C> {
    if (this.#names === undefined) return statement;
    let rewritten = this.#rewritten.get(statement);
    if (rewritten === undefined) {
      rewritten = { ...statement, text: statement.text.replace(NAMES, (name) => this.#names!.get(name)!) };
      this.#rewritten.set(statement, rewritten);
    }
    return rewritten as Statement<C>;
  }

  /** Runs statements as `run` does, in this schema. A table or column that does not exist, or an id that is taken, becomes an error that says what to do. */
  on(run: Run): Run {
    return async (statement, params) => {
      try {
        return await run(this.of(statement), params);
      } catch (error) {
        // 42P01 undefined table, 42703 undefined column, 3F000 undefined schema
        const state = sqlState(error);
        if (state === '42P01' || state === '42703' || state === '3F000') throw migrationMissing(this.schema, [], error);
        throw takenId(this.schema, error) ?? error;
      }
    };
  }
}
