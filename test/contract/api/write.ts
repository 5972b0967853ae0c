// Writes the reports: `npm run api`, after an intended change of the public interface.
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { entryPoints, KEPT, workFolder, writeReport } from './report.ts';

const folder = await workFolder();
try {
  for (const [name, declarations] of await entryPoints())
    await writeFile(path.join(KEPT, `${name}.api.md`), await writeReport(name, declarations, folder));
} finally {
  await rm(folder, { recursive: true, force: true });
}
