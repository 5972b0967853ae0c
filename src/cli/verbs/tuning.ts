// signalbox tuning: prints SQL. The store decides on the settings and explains them.
import { show } from '../../core/options.ts';
import { DEFAULT_SCHEMA, schemaName } from '../../core/rules.ts';
import { tuningMigration } from '../../store/schema/tuning.ts';
import { addExamples, newVerb } from '../command.ts';
import { print, printDocument } from '../output.ts';
import { UsageError } from '../usage-error.ts';

export function tuning() {
  const verb = newVerb(
    'tuning',
    "Prints the storage settings of Signalbox' tables (how full pages are made, when they are vacuumed), which a Drizzle schema cannot express, as SQL for a migration of yours.",
  )
    .option(
      '--schema <name>',
      'the schema of the tables, if it is not the default: `schema` of createSignalbox',
      parseSchema,
      DEFAULT_SCHEMA,
    )
    .action(({ json, schema }) => {
      const sql = tuningMigration(schema);
      if (json) printDocument({ sql });
      else print(sql);
    });
  addExamples(verb, [
    ['drizzle-kit generate --custom --name signalbox-tuning', 'makes an empty migration'],
    ['signalbox tuning > migrations/0001_signalbox-tuning.sql', 'fills it'],
  ]);
  return verb;
}

function parseSchema(name: string): string {
  if (schemaName.accepts(name)) return name;
  throw new UsageError(`--schema is ${show(name)}. Give ${schemaName.wants}.`);
}
