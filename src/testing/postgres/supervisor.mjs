// A process of its own that owns one run folder and the one program running in it. Its starter sends commands as JSON
// lines on stdin; when that stream ends, for whatever reason, kill -9 of the starter included, it stops the program,
// deletes the folder and exits. It knows nothing of PostgreSQL: what to run is decided by launch.ts. Plain JavaScript,
// because Node 20 must run it without a loader.
//
// It can be shared: then it listens on a socket, tells each process that connects the URL of the server, and lives on after its starter
// until no process has been connected for a while. A process that is killed is disconnected by the system.
import { spawn } from 'node:child_process';
import { chmod, mkdir, open, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** PostgreSQL itself kills backends that ignore an immediate shutdown for 5 s: give it the chance. */
const STOP_LIMIT_MS = 7_000;

const folder = process.argv[2];
let current;
/** Set when the program is shared: its users, and what they are told. */
let shared;

process.title = 'signalbox-postgres'; // so that `killall -9 node` takes the starter, and not the one who cleans up
process.stdout.on('error', () => {}); // the starter may be gone: cleaning up matters more than telling it
await createFolder();
report({ type: 'created' });
const lines = createInterface({ input: process.stdin }); // only now: an end of input before the loop would be missed
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => lines.close());
let isAsked = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => (isAsked = true));
for await (const line of lines) await obey(JSON.parse(line));
if (shared?.url !== undefined && !isAsked) await shared.unused();
shared?.close();
await stopCurrent();
await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
process.exit(0);

/** When root starts the server as somebody else, that user must be able to pass through. */
async function createFolder() {
  await mkdir(folder, { mode: 0o700 });
  if (process.getuid?.() === 0) await chmod(folder, 0o711);
}

async function obey(command) {
  if (command.share) await share(command.share);
  else if (command.tell) shared.tell(command.tell.url);
  else await run(command);
}

/** Listens at `address`, unless another does: two that start at once are told apart here, before either has begun. */
async function share({ address, lingerMs }) {
  const users = new Set();
  let onChange = () => {};
  const server = createServer((user) => {
    users.add(user);
    user.on('error', () => {});
    user.on('close', () => {
      users.delete(user);
      onChange();
    });
    user.resume();
    if (shared?.url !== undefined) user.write(`${shared.url}\n`);
    onChange();
  });
  const listens = await new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(address, () => resolve(true));
  });
  if (!listens) return report({ type: 'taken' });
  shared = {
    url: undefined,
    tell(url) {
      shared.url = url;
      for (const user of users) user.write(`${url}\n`);
    },
    unused: () =>
      new Promise((resolve) => {
        let timer;
        onChange = () => {
          clearTimeout(timer);
          if (users.size === 0) timer = setTimeout(resolve, lingerMs);
        };
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, resolve);
        onChange();
      }),
    close() {
      server.close();
      for (const user of users) user.destroy();
    },
  };
  report({ type: 'listens' });
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
