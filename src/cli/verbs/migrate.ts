// signalbox migrate: applies Drizzle's migrations without drizzle-kit, which production does not install. The store
// does it.
import path from 'node:path';
import { loadBox } from '../config.ts';
import { HELP_OPTION, print, readOptions } from '../options.ts';
import { UsageError } from '../help.ts';

const HELP = `Usage: signalbox migrate --folder <folder> [options]

Applies the migrations of a Drizzle folder that are not applied yet, all or nothing, to the database of the box that
signalbox.config.ts (.js, .mjs) exports as its default. It needs no drizzle-kit. Of several processes that start
at once, one migrates while the others wait.

Options:
  --folder <folder>     the migrations that drizzle-kit generate wrote: \`out\` of its configuration
  --table <name>        \`migrations.table\` of that configuration, if it has one
  --schema <name>       \`migrations.schema\`, likewise
  --config <file>       the configuration of Signalbox, if it is not in the current folder
  --help                show this`;

const USAGE = `Usage: signalbox migrate --folder <folder> [--table <name>] [--schema <name>] [--config <file>]
More: signalbox migrate --help`;

const STRING = { type: 'string' } as const;

export async function migrateCommand(args: readonly string[]): Promise<void> {
  const options = { folder: STRING, table: STRING, schema: STRING, config: STRING, ...HELP_OPTION };
  const { folder, table, schema, config, help } = readOptions(args, options, USAGE);
  if (help) return print(HELP);
  if (!folder) throw new UsageError('--folder is missing: name the folder that drizzle-kit generate writes.', USAGE);
  const box = await loadBox(process.cwd(), config);
  const onWait = (): void => print('Another process is migrating this database: waiting for it.');
  const applied = await box.migrate({ folder: path.resolve(folder), table, schema, onWait });
  print(applied === 0 ? 'All migrations are applied already.' : `${applied} ${applied === 1 ? 'migration' : 'migrations'} applied.`);
  await box.close();
}
