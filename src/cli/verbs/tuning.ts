// signalbox tuning: prints SQL. The store decides on the settings and explains them.
import { tuningMigration } from '../../store/schema/tuning.ts';
import { HELP_OPTION, print, readOptions } from '../options.ts';

const HELP = `Usage: signalbox tuning

Prints the storage settings of Signalbox' tables (how full pages are made, when they are vacuumed),
which a Drizzle schema cannot express, as SQL for a migration of yours:

  npx drizzle-kit generate --custom --name signalbox-tuning
  npx signalbox tuning > migrations/<the file that it made>

Options:
  --help                show this`;

const USAGE = `Usage: signalbox tuning
More: signalbox tuning --help`;

export async function tuningCommand(args: readonly string[]): Promise<void> {
  const { help } = readOptions(args, HELP_OPTION, USAGE);
  print(help ? HELP : tuningMigration());
}
