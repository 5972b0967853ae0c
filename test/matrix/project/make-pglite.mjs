// Leaves the files of a migrated PGlite: `node make-pglite.mjs migrations.sql pglite.tar`.
import { readFile, writeFile } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';

const [, , migrations, target] = process.argv;
const client = new PGlite();
await client.exec(await readFile(migrations, 'utf8'));
await writeFile(target, Buffer.from(await (await client.dumpDataDir('none')).arrayBuffer()));
await client.close();
