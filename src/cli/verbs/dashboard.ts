// signalbox dashboard: serves the dashboard of the configuration's box on this machine, to one person.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Signalbox } from '../../box/box.ts';
import { addExamples, newBoxVerb } from '../command.ts';
import { makeDoor } from '../dashboard/door.ts';
import { interruptible } from '../interrupt.ts';
import { print, printDocument, say } from '../output.ts';
import { parsePort } from '../port-option.ts';
import { UsageError } from '../usage-error.ts';
import { actor, parseActor } from '../who.ts';
import { withBox } from '../with-box.ts';

const LOOPBACK = '127.0.0.1';

export function dashboard() {
  const verb = newBoxVerb(
    'dashboard',
    'Serves the dashboard on this machine alone, until Ctrl-C, and prints its address. The address works once: it gives the browser a cookie. Needs the packages hono, @hotwired/turbo, d3-scale, d3-shape and @dagrejs/dagre. To give others a dashboard, mount it in an application, behind its login.',
  )
    .option('--port <number>', 'the port; by default one that is free', parsePort)
    .option('--read-only', 'refuse all that changes something')
    .option('--as <name>', 'the name that the audit keeps; by default the user of the operating system', parseActor)
    .action(async ({ config, json, port = 0, readOnly = false, as }) => {
      const by = actor(as);
      await withBox(config, async (box) => {
        const { server, address } = await serve(box, { port, readOnly, by });
        if (json) printDocument({ address });
        else {
          print(address);
          say('Open it in a browser. It works once. Ctrl-C ends it.');
        }
        await interruptible(async (asked) => {
          if (!asked.aborted) await once(asked, 'abort');
        });
        server.close();
        server.closeAllConnections();
      });
    });
  addExamples(verb, [
    ['signalbox dashboard', 'look at the database of the configuration, and act on it'],
    ['signalbox dashboard --read-only --port 4000', 'only look'],
  ]);
  return verb;
}

interface Serving {
  readonly port: number;
  readonly readOnly: boolean;
  readonly by: string;
}

async function serve(box: Signalbox, { port, readOnly, by }: Serving): Promise<{ readonly server: Server; readonly address: string }> {
  const { dashboard: make, nodeHandler } = await loadDashboard();
  const server = createServer();
  await listen(server, port);
  const door = makeDoor((server.address() as AddressInfo).port);
  // The door is asked twice, so that a way around the first time would lead to nothing.
  const handle = make(box, { readOnly, authorize: (request) => (door.answer(request) === undefined ? { name: by } : false) });
  const answer = nodeHandler(async (request) => door.answer(request) ?? handle(request));
  server.on('request', (request, response) => void answer(request, response));
  return { server, address: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}/?token=${door.token}` };
}

async function listen(server: Server, port: number): Promise<void> {
  const listening = once(server, 'listening');
  server.listen(port, LOOPBACK);
  await listening.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') throw new UsageError(`--port is ${port}, which another program uses. Give another one, or none.`);
    throw error;
  });
}

async function loadDashboard() {
  try {
    return await import('../../dashboard/dashboard.tsx');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
    throw new UsageError(
      `A package that the dashboard needs is not installed (${message.split('\n', 1)[0]}). Run: npm install hono @hotwired/turbo d3-scale d3-shape @dagrejs/dagre`,
    );
  }
}
