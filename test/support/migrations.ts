// The migrations of the example shop as one text. Drizzle's own migrator is not used, because the tests also run on a
// version of Drizzle that reads another format of folder.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../examples/shop/migrations', import.meta.url));

/** Only the tables of Signalbox, in a schema with another name. */
export async function migrationOf(schema: string): Promise<string> {
  const statements = (await readMigrations()).split('--> statement-breakpoint');
  const own = statements.filter((statement) => statement.includes('"signalbox"'));
  return own.join('\n').replaceAll('"signalbox"', `"${schema}"`);
}

export async function readMigrations(): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  return (await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')))).join('\n');
}
