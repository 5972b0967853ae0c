// npm run screenshots: opens the market, gives it an hour of history like its first minute, and takes the pictures of the documentation, in light,
// in dark and on a phone. Needs Chromium: CHROMIUM, or /usr/bin/chromium.
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { type BrowserContextOptions, chromium } from 'playwright-core';
import { openDemo } from './demo.ts';

const WIDE = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true };

const PICTURES: readonly (readonly [file: string, address: string, context: BrowserContextOptions])[] = [
  ['overview-light', './', WIDE],
  ['overview-dark', './', { ...WIDE, colorScheme: 'dark' }],
  ['flow-dark', 'flow', { ...WIDE, colorScheme: 'dark' }],
  ['delivery-light', 'deliveries?state=dead', WIDE],
  ['overview-phone', './', PHONE],
];

await using demo = await openDemo(4748);
// Long enough for a whole minute to be written.
await wait(130_000);
await demo.lookBack();
const browser = await chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
for (const [file, address, context] of PICTURES) {
  const opened = await browser.newContext({ baseURL: demo.url, ...context });
  const page = await opened.newPage();
  await page.goto(address);
  if (file.startsWith('delivery-')) {
    await page.locator('tbody a.name').first().click();
    await page.locator('.timeline').first().waitFor();
  }
  await page.locator('#live[data-state="live"]').waitFor();
  await page.screenshot({ path: fileURLToPath(new URL(`../../docs/assets/dashboard-${file}.png`, import.meta.url)) });
  await opened.close();
}
await browser.close();
