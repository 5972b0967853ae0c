// npm run bench: installs the compared systems and the Node that they need, which are no dependencies of the project,
// builds Signalbox, and runs the benchmarks on that build.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const installed = `${folder}node_modules/.package-lock.json`;

if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(`${folder}package-lock.json`).mtimeMs)
  run('npm', ['ci', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error']);
run('npm', ['run', '--silent', 'build']);
run(`${folder}node_modules/node/bin/node`, ['--disable-warning=ExperimentalWarning', `${folder}run.ts`, ...process.argv.slice(2)]);

function run(file: string, args: readonly string[]): void {
  const { status, error } = spawnSync(file, args, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
