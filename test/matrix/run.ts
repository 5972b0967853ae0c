// Runs the matrix: the packed package with every driver, Drizzle, Node and kind of decorators that the README names, and
// with other compilers. Prints the result of each cell; fails when one fails, or when the README claims something else.
// `npm run matrix`, or a part of it: `npm run matrix -- pglite`.
import { copyFile, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { createDatabaseOn, databaseUrlOn } from '../../src/testing/database/databases.ts';
import { DISPOSABLE } from '../../src/testing/postgres/disposable.ts';
import { launchPostgres } from '../../src/testing/postgres/launch.ts';
import { type Cell, tableCells, toolCells } from './cells.ts';
import { supportClaim } from './claim.ts';
import { installRuntimes, makeProject, pack, run } from './install.ts';
import { DRIZZLES } from './versions.ts';

const AT_ONCE = 3;
const wanted = process.argv.slice(2);
const cells = [...tableCells, ...toolCells].filter(({ name }) => wanted.every((word) => name.includes(word)));

const folder = await mkdtemp(path.join(os.tmpdir(), 'signalbox-matrix-'));
await using server = await launchPostgres(DISPOSABLE);
try {
  const failed = await runMatrix();
  if (failed.length > 0) process.exitCode = 1;
  say(`${cells.length - failed.length} of ${cells.length} hold.`);
  const readme = await readFile(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');
  if (!readme.replaceAll('\n', ' ').includes(supportClaim())) {
    say(`README.md does not hold this sentence, which says what was run:\n\n${supportClaim()}`);
    process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function runMatrix(): Promise<readonly Cell[]> {
  const started = performance.now();
  const tarball = await pack(folder);
  const runtimes = await installRuntimes(path.join(folder, 'runtimes'));
  for (const drizzle of DRIZZLES) {
    const project = path.join(folder, drizzle.label);
    await makeProject(project, tarball, drizzle);
    await migrate(project, drizzle.label);
    say(`installed and compiled with drizzle-orm ${drizzle.version} (${seconds(started)})`);
  }
  for (const source of ['legacy', 'standard'])
    await run(process.execPath, ['compile-swc.mjs', source, 'out-swc'], path.join(folder, DRIZZLES[0]!.label, source));
  const failed: Cell[] = [];
  const left = [...cells.entries()];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [index, cell] = next;
      const begun = performance.now();
      const problem = await runCell(cell, index, runtimes.get(cell.runtime)!).then(
        () => undefined,
        (error: unknown) => String(error),
      );
      say(`${problem === undefined ? 'ok    ' : 'FAILED'} ${cell.name} (${seconds(begun)})${problem === undefined ? '' : `\n${problem}`}`);
      if (problem !== undefined) failed.push(cell);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return failed;
}

/**
 * Does the steps of a user: generate, migrate, and nothing is left to generate. The databases of the cells begin as the
 * result.
 */
async function migrate(project: string, drizzle: string): Promise<void> {
  const name = templateOf(drizzle);
  await createDatabaseOn(server.url, { name, template: 'template0' });
  const environment = { DATABASE_URL: databaseUrlOn(server.url, name) };
  const place = path.join(project, 'legacy');
  for (const verb of ['generate', 'migrate']) await run('npx', ['drizzle-kit', verb], place, environment);
  const again = await run('npx', ['drizzle-kit', 'generate'], place, environment);
  if (!/No schema changes/i.test(again)) throw new Error(`A second drizzle-kit generate found something to do:\n${again}`);
  const files = (await readdir(path.join(place, 'drizzle'), { recursive: true })).filter((file) => file.endsWith('.sql')).toSorted();
  const texts = await Promise.all(files.map((file) => readFile(path.join(place, 'drizzle', file), 'utf8')));
  await writeFile(path.join(place, 'migrations.sql'), texts.join('\n'));
  await run(process.execPath, ['make-pglite.mjs', 'migrations.sql', 'pglite.tar'], place);
  await copyFile(path.join(place, 'pglite.tar'), path.join(project, 'standard', 'pglite.tar'));
}

function templateOf(drizzle: string): string {
  return `matrix_${drizzle.replaceAll(/\W/g, '_')}`;
}

async function runCell(cell: Cell, index: number, runtime: string): Promise<void> {
  const name = `matrix_cell_${index}`;
  await createDatabaseOn(server.url, { name, template: templateOf(cell.drizzle) });
  const environment = { DATABASE_URL: databaseUrlOn(server.url, name), NODE_OPTIONS: '' };
  const output = await run(runtime, cell.args, path.join(folder, cell.drizzle, cell.source), environment);
  if (!output.includes('the order is completed, once, and nothing else')) throw new Error(output);
  const sql = postgres(databaseUrlOn(server.url, 'postgres'), { max: 1 });
  await sql.unsafe(`drop database ${name} with (force)`);
  await sql.end();
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
