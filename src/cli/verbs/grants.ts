// signalbox grants: prints SQL. The store knows which rights each kind of role needs.
import { show } from '../../core/options.ts';
import { DEFAULT_SCHEMA, schemaName } from '../../core/rules.ts';
import { grantsFor, type RoleKind, ROLES } from '../../store/schema/grants.ts';
import { addExamples, newVerb } from '../command.ts';
import { print, printDocument } from '../output.ts';
import { UsageError } from '../usage-error.ts';

export function grants() {
  const verb = newVerb(
    'grants',
    'Prints the rights of database roles, no more than each needs, as SQL for the owner of the tables: of one that emits, of workers, of people who look and of people who act.',
  )
    .option('--role <kind>', `one kind only: ${ROLES.join(', ')}`, parseKind)
    .option('--to <name>', 'the name of the database role (default: signalbox_ and the kind); with --role')
    .option(
      '--schema <name>',
      'the schema of the tables, if it is not the default: `schema` of createSignalbox',
      parseSchema,
      DEFAULT_SCHEMA,
    )
    .action(({ json, role, to, schema }) => {
      if (to !== undefined && role === undefined) throw new UsageError('--to names one role, so --role must say of which kind it is.');
      const sql = (role === undefined ? ROLES : [role]).map((kind) => grantsFor(kind, { schema, to })).join('\n\n');
      if (json) printDocument({ sql });
      else print(sql);
    });
  addExamples(verb, [
    ['signalbox grants --role worker --to shop_worker | psql "$OWNER_URL"', 'the rights of the role of workers'],
    ['signalbox grants', 'those of all four kinds, to read'],
  ]);
  return verb;
}

function parseKind(kind: string): RoleKind {
  const found = ROLES.find((each) => each === kind);
  if (found === undefined) throw new UsageError(`--role is ${show(kind)}. Give ${ROLES.join(', ')}.`);
  return found;
}

function parseSchema(name: string): string {
  if (schemaName.accepts(name)) return name;
  throw new UsageError(`--schema is ${show(name)}. Give ${schemaName.wants}.`);
}
