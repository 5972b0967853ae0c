// Judges the tables: what is missing or different beside those that the migration of this version makes, and the statement that mends it.
// Tables of a newer version may differ on purpose: there a difference is only a warning.
import type { TableShape } from '../../store/doctor/table-shape.ts';
import { broken, type Finding, ok, warning } from './finding.ts';

export interface SchemaFacts {
  /** As SQL takes it. */
  readonly schema: string;
  readonly expected: Readonly<Record<string, TableShape>>;
  readonly found: ReadonlyMap<string, TableShape>;
  /** Names of indexes that PostgreSQL does not use. */
  readonly invalid: ReadonlySet<string>;
  /** The version of the tables; undefined if the database does not say it. */
  readonly version: number | undefined;
  readonly ownVersion: number;
}

const MIGRATE = 'npx drizzle-kit generate && npx drizzle-kit migrate';

export function judgeSchema(facts: SchemaFacts): Finding[] {
  const { expected, found, version, ownVersion, schema } = facts;
  const missing = Object.keys(expected).filter((table) => !found.has(table));
  if (missing.length > 0)
    return [broken('schema', `The database has no table ${missing.map((table) => `${schema}.${table}`).join(', ')}.`, MIGRATE)];
  const findings = Object.entries(expected).flatMap(([table, shape]) => new Table(facts, table, shape).findings());
  if (version === undefined || version < ownVersion)
    findings.unshift(broken('schema', `The tables are of version ${version ?? '(none)'}, and this code needs ${ownVersion}.`, MIGRATE));
  const isNewer = version !== undefined && version > ownVersion;
  if (findings.length === 0) return [ok('schema', `The tables are as version ${version} has them.`)];
  return isNewer ? findings.map((finding) => ({ ...finding, status: 'warning' as const })) : findings;
}

class Table {
  readonly #facts: SchemaFacts;
  readonly #expected: TableShape;
  readonly #found: TableShape;
  readonly #name: string;

  constructor(facts: SchemaFacts, table: string, expected: TableShape) {
    this.#facts = facts;
    this.#expected = expected;
    this.#found = facts.found.get(table)!;
    this.#name = `${facts.schema}.${table}`;
  }

  findings(): Finding[] {
    return [...this.#columns(), ...this.#constraints(), ...this.#indexes()];
  }

  *#columns(): Generator<Finding> {
    const table = this.#name;
    for (const [name, wanted] of Object.entries(this.#expected.columns)) {
      const has = this.#found.columns[name];
      if (has === undefined)
        yield broken('schema', `The column ${table}.${name} is missing.`, `alter table ${table} add column ${name} ${sqlOf(wanted)};`);
      // The version of the tables is this default, and is judged by itself.
      else if (has !== wanted && name !== 'schema_version')
        yield broken(
          'schema',
          `The column ${table}.${name} is ${has}, and should be ${wanted}.`,
          this.#alter(name, partsOf(has), partsOf(wanted)),
        );
    }
    for (const [name, has] of Object.entries(this.#found.columns)) {
      const { notNull, identity, value } = partsOf(has);
      if (!(name in this.#expected.columns) && notNull && !identity && value === undefined)
        yield broken(
          'schema',
          `The column ${table}.${name} is not ours, takes no null and has no default: what Signalbox inserts is refused.`,
          `alter table ${table} alter column ${quoted(name)} drop not null;`,
        );
    }
  }

  #alter(name: string, has: Parts, wanted: Parts): string {
    const column = `alter table ${this.#name} alter column ${name}`;
    return [
      ...(has.type === wanted.type ? [] : [`${column} type ${wanted.type};`]),
      ...(has.value === wanted.value
        ? []
        : [wanted.value === undefined ? `${column} drop default;` : `${column} set default ${wanted.value};`]),
      ...(has.notNull === wanted.notNull ? [] : [`${column} ${wanted.notNull ? 'set' : 'drop'} not null;`]),
      ...(has.identity === wanted.identity
        ? []
        : [wanted.identity ? `${column} add generated always as identity;` : `${column} drop identity;`]),
    ].join('\n');
  }

  *#constraints(): Generator<Finding> {
    const table = this.#name;
    for (const [name, wanted] of Object.entries(this.#expected.constraints)) {
      const has = this.#found.constraints[name];
      const add = `alter table ${table} add constraint ${name} ${wanted};`;
      if (has === undefined) yield broken('schema', `The constraint ${name} of ${table} is missing: ${wanted}.`, add);
      else if (has !== wanted)
        yield broken(
          'schema',
          `The constraint ${name} of ${table} is ${has}, and should be ${wanted}.`,
          `alter table ${table} drop constraint ${name};\n${add}`,
        );
    }
    for (const name of extra(this.#found.constraints, this.#expected.constraints))
      yield warning(
        'schema',
        `The constraint ${name} of ${table} is not ours: ${this.#found.constraints[name]}. It costs each write, and may refuse one.`,
      );
  }

  *#indexes(): Generator<Finding> {
    const table = this.#name;
    for (const [name, wanted] of Object.entries(this.#expected.indexes)) {
      const has = this.#found.indexes[name];
      const isInvalid = this.#facts.invalid.has(name);
      const [, unique = '', how = wanted] = /^(unique )(.*)$/.exec(wanted) ?? [];
      const create = `create ${unique}index concurrently ${name} on ${table} using ${how};`;
      const anew = `drop index concurrently ${this.#facts.schema}.${name};\n${create}`;
      if (has === undefined)
        yield broken('schema', `The index ${name} of ${table} is missing: its statements read the whole table.`, create);
      else if (has !== wanted) yield broken('schema', `The index ${name} of ${table} is ${has}, and should be ${wanted}.`, anew);
      else if (isInvalid) yield broken('schema', `The index ${name} of ${table} is invalid: PostgreSQL does not use it.`, anew);
    }
    for (const name of extra(this.#found.indexes, this.#expected.indexes))
      yield warning('schema', `The index ${name} of ${table} is not ours, and costs each write.`);
  }
}

const extra = (found: object, expected: object): string[] => Object.keys(found).filter((name) => !(name in expected));

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

interface Parts {
  readonly type: string;
  readonly notNull: boolean;
  readonly identity: boolean;
  readonly value: string | undefined;
}

function partsOf(column: string): Parts {
  const [, type, notNull, identity, value] = /^(.*?)( not null)?( identity)?(?: default (.*))?$/s.exec(column)!;
  return { type: type!, notNull: notNull !== undefined, identity: identity !== undefined, value };
}

const sqlOf = (column: string): string => column.replace(' identity', ' generated always as identity');
