// A real browser for the tests of the dashboard: the Chromium of the machine, which CHROMIUM or /usr/bin/chromium names. `.ci/run` installs it;
// where there is none, the tests are skipped and say so.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { dashboard, type DashboardOptions } from '../../src/dashboard/dashboard.tsx';
import type { Harness } from '../support/harness.ts';
import { ADA } from './asking.ts';

const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

export const hasChromium = existsSync(EXECUTABLE);

export interface Shown extends AsyncDisposable {
  readonly page: Page;
  /** What the browser complained of: refused by the policy, errors of the script. */
  readonly complaints: string[];
}

export interface Showing {
  readonly options?: Partial<DashboardOptions>;
  readonly context?: BrowserContextOptions;
}

let browser: Browser | undefined;

/** Before the tests of a file: each of them is searched for what it leaves behind. */
export async function openChromium(): Promise<void> {
  browser = await chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** Ends with the tests of the file. */
export async function closeChromium(): Promise<void> {
  await browser?.close();
  browser = undefined;
}

/** A page of a dashboard of its own, below a prefix. */
export async function show({ box }: Pick<Harness, 'box'>, { options = {}, context = {} }: Showing = {}): Promise<Shown> {
  if (!browser) throw new Error('openChromium() comes first.');
  const handle = dashboard(box, { authorize: () => ({ name: ADA }), log: false, ...options });
  const http = serve({ fetch: handle, port: 0, hostname: '127.0.0.1' });
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const opened = await browser.newContext({ baseURL: `http://127.0.0.1:${port}/ops/signals/`, ...context });
  opened.setDefaultTimeout(20_000);
  const page = await opened.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('the server responded with a status of 4')) complaints.push(message.text());
  });
  return {
    page,
    complaints,
    [Symbol.asyncDispose]: async () => {
      await opened.close();
      http.close();
      if ('closeAllConnections' in http) http.closeAllConnections();
    },
  };
}
