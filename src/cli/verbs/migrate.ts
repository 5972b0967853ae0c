// signalbox migrate: applies Drizzle's migrations without drizzle-kit, which production does not install. The store
// does it.
import path from 'node:path';
import { addExamples, newBoxVerb } from '../command.ts';
import { loadBox } from '../config.ts';
import { print, printDocument, say } from '../output.ts';
import { UsageError } from '../usage-error.ts';

export function migrate() {
  const verb = newBoxVerb(
    'migrate',
    'Applies the migrations of a Drizzle folder that are not applied yet, all or nothing, to the database of the box that signalbox.config.ts (.js, .mjs) exports as its default. It needs no drizzle-kit. Of several processes that start at once, one migrates while the others wait.',
  )
    .option('--folder <folder>', 'the migrations that drizzle-kit generate wrote: `out` of its configuration; required')
    .option('--table <name>', '`migrations.table` of that configuration, if it has one')
    .option('--schema <name>', '`migrations.schema`, likewise')
    .action(async ({ config, json, folder, table, schema }) => {
      if (!folder) throw new UsageError('--folder is missing: name the folder that drizzle-kit generate writes.');
      const box = await loadBox(process.cwd(), config);
      const onWait = (): void => (json ? say : print)('Another process is migrating this database: waiting for it.');
      const applied = await box.migrate({ folder: path.resolve(folder), table, schema, onWait });
      await box.close();
      if (json) printDocument({ applied });
      else
        print(applied === 0 ? 'All migrations are applied already.' : `${applied} ${applied === 1 ? 'migration' : 'migrations'} applied.`);
    });
  addExamples(verb, [['signalbox migrate --folder migrations', 'in a deploy, before anything else']]);
  return verb;
}
