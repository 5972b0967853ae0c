// A process of its own that owns one run folder and the one program running in it. Its starter sends commands as JSON
// lines on stdin; when that stream ends, for whatever reason, kill -9 of the starter included, it stops the program,
// deletes the folder and exits. It knows nothing of PostgreSQL: what to run is decided by launch.ts. Plain JavaScript,
// because Node 20 must run it without a loader.
import { spawn } from 'node:child_process';
import { chmod, mkdir, open, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** PostgreSQL itself kills backends that ignore an immediate shutdown for 5 s: give it the chance. */
const STOP_LIMIT_MS = 7_000;

const folder = process.argv[2];
let current;

process.title = 'signalbox-postgres'; // so that `killall -9 node` takes the starter, and not the one who cleans up
process.stdout.on('error', () => {}); // the starter may be gone: cleaning up matters more than telling it
await createFolder();
report({ type: 'created' });
const lines = createInterface({ input: process.stdin }); // only now: an end of input before the loop would be missed
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => lines.close());
for await (const line of lines) await run(JSON.parse(line));
await stopCurrent();
await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
process.exit(0);

/** When root starts the server as somebody else, that user must be able to pass through. */
async function createFolder() {
  await mkdir(folder, { mode: 0o700 });
  if (process.getuid?.() === 0) await chmod(folder, 0o711);
}

async function run({ file, args, env, user, log, stopSignal }) {
  const output = await open(log, 'a', 0o600);
  const child = spawn(file, args, {
    cwd: '/',
    env,
    ...user,
    detached: process.platform !== 'win32',
    windowsHide: true,
    // Nothing is written to the last one, but all descendants inherit it, so that `close` comes when all are gone. A
    // new server refuses to start while a backend of the old one lives.
    stdio: ['ignore', output.fd, output.fd, 'pipe'],
  });
  // Before anything is waited for: a program that ends at once would not be heard.
  child.on('error', (error) => report({ type: 'error', message: error.message }));
  if (child.pid !== undefined) {
    const gone = new Promise((resolve) => child.on('close', resolve));
    report({ type: 'started', pid: child.pid });
    child.on('close', (code, signal) => report({ type: 'exited', status: signal ?? code }));
    child.stdio[3].resume();
    current = { child, stopSignal, gone };
  }
  await output.close();
}

async function stopCurrent() {
  if (current === undefined) return;
  const { child, stopSignal, gone } = current;
  if (process.platform !== 'win32') child.kill('SIGCONT'); // a test may have stopped it
  child.kill(stopSignal);
  await Promise.race([gone, sleep(STOP_LIMIT_MS).then(() => killGroup(child.pid))]);
}

function killGroup(pid) {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // none of them is left
  }
}

function report(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
