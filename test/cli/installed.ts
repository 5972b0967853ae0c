// Signalbox in a project as npm would put it there: a copy of what is published. A link to this repository will not do
// where it matters what is installed: Node resolves it, and then finds everything that this repository has.
import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Replaces the link to this repository in the project of `folder`. */
export async function installCopy(folder: string): Promise<void> {
  const target = path.join(folder, 'node_modules/signalbox');
  await rm(target);
  for (const part of ['dist', 'package.json']) await cp(path.join(root, part), path.join(target, part), { recursive: true });
}
