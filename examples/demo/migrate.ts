// Migrates the demo's database as your project would: with drizzle-kit, from the folder of migrations.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectFolder } from './program.ts';

/** Runs `npx drizzle-kit migrate`, without a shell. @throws with its output */
export async function migrate(url: string): Promise<void> {
  const drizzleKit = join(projectFolder, 'node_modules', 'drizzle-kit', 'bin.cjs');
  const env = { ...process.env, DATABASE_URL: url };
  try {
    await promisify(execFile)(process.execPath, [drizzleKit, 'migrate'], { cwd: projectFolder, env });
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
    throw new Error(`drizzle-kit migrate failed:\n${stdout}${stderr}`, { cause });
  }
}
