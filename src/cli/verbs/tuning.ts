// signalbox tuning: prints SQL. The store decides on the settings and explains them.
import { show } from '../../core/options.ts';
import { DEFAULT_SCHEMA, schemaName } from '../../core/rules.ts';
import { tuningMigration } from '../../store/schema/tuning.ts';
import { UsageError } from '../help.ts';
import { HELP_OPTION, print, readOptions } from '../options.ts';

const HELP = `Usage: signalbox tuning [options]

Prints the storage settings of Signalbox' tables (how full pages are made, when they are vacuumed),
which a Drizzle schema cannot express, as SQL for a migration of yours:

  npx drizzle-kit generate --custom --name signalbox-tuning
  npx signalbox tuning > migrations/<the file that it made>

Options:
  --schema <name>       the schema of the tables, if it is not ${DEFAULT_SCHEMA}: \`schema\` of createSignalbox
  --help                show this`;

const USAGE = `Usage: signalbox tuning [--schema <name>]
More: signalbox tuning --help`;

export async function tuningCommand(args: readonly string[]): Promise<void> {
  const { schema = DEFAULT_SCHEMA, help } = readOptions(args, { schema: { type: 'string' }, ...HELP_OPTION }, USAGE);
  if (help) return print(HELP);
  if (!schemaName.accepts(schema)) throw new UsageError(`--schema is ${show(schema)}. Give ${schemaName.wants}.`, USAGE);
  print(tuningMigration(schema));
}
