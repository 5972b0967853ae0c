// Builds `dist` once per test run, for the tests of the published package. tsconfig.build.json decides its content.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const project = 'tsconfig.build.json';

/** @throws with the compiler's output. */
export async function buildPackage(): Promise<void> {
  if (!existsSync(`${root}${project}`)) return;
  // By node rather than by the shell script in node_modules/.bin, which Windows could not run.
  const compiler = `${root}node_modules/typescript/bin/tsc`;
  try {
    await promisify(execFile)(process.execPath, [compiler, '-p', project], { cwd: root });
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
    throw new Error(`The build of dist failed (tsc -p ${project}):\n${stdout}${stderr}`, { cause });
  }
}
