// The dashboard in a real Chromium: what a person does in an incident, without script, on a phone, by keyboard, and that axe finds nothing.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, Unrecoverable } from '../../src/index.ts';
import { harness, type Harness } from '../support/harness.ts';
import { closeChromium, hasChromium, openChromium, show } from './chromium.ts';

if (!hasChromium) process.stderr.write('NOT TESTED: the dashboard in a browser. Chromium is not installed: name one in CHROMIUM.\n');

const placed = defineSignal('order.placed', z.object({ orderId: z.number() }));

interface Incident extends AsyncDisposable {
  readonly h: Harness;
  mend(): void;
}

/** A receiver that fails until it is mended, with so many dead deliveries, and a worker that goes on. */
async function incident(dead: number): Promise<Incident> {
  const h = await harness();
  let isMended = false;
  h.box.receivers.connect(
    placed,
    async ({ orderId }) => {
      if (!isMended) throw new Unrecoverable(`The carrier knows no such address: order ${orderId}.`);
    },
    { name: 'Shipping.pack' },
  );
  h.box.receivers.connect(placed, async () => {}, { name: 'Mail.confirm', queue: 'mail' });
  for (let orderId = 1; orderId <= dead; orderId += 1) await h.db.transaction((tx) => placed.emitReliable(tx, { orderId }));
  await h.box.drain();
  const worker = h.box.worker();
  await worker.start();
  return {
    h,
    mend: () => {
      isMended = true;
    },
    [Symbol.asyncDispose]: async () => {
      await worker.stop();
      await h[Symbol.asyncDispose]();
    },
  };
}

const LIMIT = { timeout: 120_000 };

beforeAll(async () => {
  if (hasChromium) await openChromium();
});
afterAll(closeChromium);

// No Chromium is installed: .ci/run says so, too.
describe.skipIf(!hasChromium)('in Chromium', () => {
  test('a person finds a dead delivery, reads why, retries it, and sees it complete', LIMIT, async () => {
    await using scene = await incident(1);
    await using shown = await show(scene.h);
    const { page } = shown;
    await page.goto('');
    await page.getByRole('link', { name: /^dead/ }).click();
    await page.getByRole('link', { name: 'Shipping.pack' }).first().click();
    await expect.poll(() => page.getByText('The carrier knows no such address: order 1.').count()).toBeGreaterThan(0);
    scene.mend();
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByText('1 delivery will run again.').waitFor();
    // Nothing is clicked any more: the page is live.
    await page.locator('.head').getByText('completed').first().waitFor();
    expect(shown.complaints).toEqual([]);
  });

  test('a person previews a retry of all that match, begins it, and sees it done', LIMIT, async () => {
    await using scene = await incident(3);
    await using shown = await show(scene.h);
    const { page } = shown;
    await page.goto('deliveries?state=dead');
    await page.getByRole('link', { name: 'Retry all…' }).click();
    await page.getByText('Shipping.pack').first().waitFor();
    scene.mend();
    await page.locator('main form button.main, main form button.danger').last().click();
    await page.locator('main').getByText('done', { exact: false }).first().waitFor();
    await expect
      .poll(async () => (await scene.h.box.deliveries.page({ states: ['completed'], receiver: 'Shipping.pack' })).deliveries.length)
      .toBe(3);
    expect(shown.complaints).toEqual([]);
  });

  test('the flow shows what reaches what, and a node leads to its neighbours', LIMIT, async () => {
    await using scene = await incident(2);
    await using shown = await show(scene.h);
    const { page } = shown;
    await page.goto('flow');
    const picture = page.locator('svg.flow');
    await picture.locator('.flow-badge').getByText('2 dead').waitFor();
    expect(await picture.locator('.flow-node').count()).toBe(3);
    await page.getByRole('link', { name: /^receiver Shipping\.pack/ }).click();
    await page.getByRole('link', { name: 'Show all' }).waitFor();
    await expect.poll(() => picture.locator('.flow-node').count()).toBe(2);
    await page.getByRole('searchbox').fill('MAIL');
    await page.getByRole('button', { name: 'Search' }).click();
    await expect.poll(() => picture.locator('.flow-name').allTextContents()).toEqual(['confirm', 'order.placed']);
    expect(shown.complaints).toEqual([]);
  });

  test('a page beyond those that may be live says so, works all the same, and is live once another is closed', LIMIT, async () => {
    await using scene = await incident(1);
    await using shown = await show(scene.h, { options: { liveStreams: 1 } });
    const { page } = shown;
    await page.goto('workers');
    await page.getByRole('button', { name: 'Live', exact: true }).waitFor();
    const second = await page.context().newPage();
    await second.goto('');
    await second.getByRole('button', { name: 'Too many live pages' }).waitFor();
    await second.getByRole('link', { name: /^dead/ }).click();
    await second.getByRole('link', { name: 'Shipping.pack' }).first().waitFor();
    await page.close();
    await second.getByRole('button', { name: 'Live', exact: true }).waitFor();
  });

  test('an update keeps what is ticked, unfolded and typed; the button pauses it, also on the next page', LIMIT, async () => {
    await using scene = await incident(1);
    await using shown = await show(scene.h);
    const { page } = shown;
    await page.goto('deliveries');
    await page.locator('#live[data-state="live"]').waitFor();
    await page.locator('input[name=state][value=dead]').check({ force: true });
    await page.getByText('More', { exact: true }).click();
    await page.getByLabel('Receiver', { exact: true }).fill('Ship');
    await scene.h.db.transaction((tx) => placed.emitReliable(tx, { orderId: 9 }));
    await expect.poll(() => page.locator('tbody tr').count()).toBe(4);
    expect(await page.locator('input[name=state][value=dead]').isChecked()).toBe(true);
    expect(await page.getByLabel('Receiver', { exact: true }).inputValue()).toBe('Ship');
    expect(await page.locator('details.more').getAttribute('open')).not.toBeNull();
    await page.getByRole('button', { name: 'Live', exact: true }).click();
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.locator('#live[data-state="paused"]').waitFor();
    expect(await page.locator('#live').getAttribute('aria-pressed')).toBe('true');
    expect(shown.complaints).toEqual([]);
  });

  test('a person who may only look is offered no act, and one who may nothing is told so', LIMIT, async () => {
    await using scene = await incident(1);
    const authorize = (_request: Request, action: string) => (action === 'view' ? { name: 'eve@example.com' } : (false as const));
    await using looking = await show(scene.h, { options: { authorize } });
    await looking.page.goto('deliveries?state=dead');
    await looking.page.getByRole('link', { name: 'Shipping.pack' }).first().waitFor();
    expect(await looking.page.locator('main form[method=post]').count()).toBe(0);
    expect(await looking.page.content()).not.toContain('The carrier knows');
    await using refused = await show(scene.h, { options: { authorize: () => false } });
    await refused.page.goto('');
    await refused.page.getByText('You lack the permission view.').waitFor();
    expect(await refused.page.locator('table').count()).toBe(0);
  });

  test('without script a person reads and acts all the same', LIMIT, async () => {
    await using scene = await incident(1);
    await using shown = await show(scene.h, { context: { javaScriptEnabled: false } });
    const { page } = shown;
    await page.goto('deliveries?state=dead');
    expect(await page.locator('#live').isVisible()).toBe(false);
    scene.mend();
    await page.getByRole('button', { name: /^Retry the delivery/ }).click();
    await page.getByText('1 delivery will run again.').waitFor();
    await expect
      .poll(async () => {
        await page.goto('deliveries?state=completed&receiver=Shipping.pack');
        return page.locator('tbody tr').count();
      })
      .toBe(1);
    await page.goto('flow');
    expect(await page.locator('svg.flow .flow-node').count()).toBe(3);
  });

  const PAGES = ['', 'flow', 'deliveries', 'errors', 'receivers', 'workers', 'errands', 'audit', 'deliveries?state=dead'];

  test('on a phone of 390 pixels no page scrolls sideways', LIMIT, async () => {
    await using scene = await incident(1);
    await using shown = await show(scene.h, { context: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true } });
    const wide: string[] = [];
    for (const address of PAGES) {
      await shown.page.goto(address === '' ? './' : address);
      if (await shown.page.evaluate('document.documentElement.scrollWidth > window.innerWidth')) wide.push(address);
    }
    expect(wide).toEqual([]);
  });

  test('by keyboard alone a person skips to the content, walks the menu, and opens a delivery', LIMIT, async () => {
    await using scene = await incident(1);
    await using shown = await show(scene.h);
    const { page } = shown;
    await page.goto('deliveries?state=dead');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('content');
    const tabTo = async (name: string): Promise<void> => {
      for (let step = 0; step < 40; step += 1) {
        await page.keyboard.press('Tab');
        if ((await page.evaluate('document.activeElement.textContent'))?.toString().trim() === name) return;
      }
      throw new Error(`Tab does not reach ${name}.`);
    };
    await tabTo('Shipping.pack');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Shipping.pack' }).waitFor();
  });

  test.each(['light', 'dark'] as const)('axe finds nothing on any page, %s', LIMIT, async (colorScheme) => {
    await using scene = await incident(2);
    await using shown = await show(scene.h, { context: { colorScheme, bypassCSP: true } });
    const [dead] = (await scene.h.box.deliveries.page({ states: ['dead'] })).deliveries;
    const found: string[] = [];
    for (const address of [
      ...PAGES,
      `delivery?emission=${dead!.emissionId}&receiver=Shipping.pack`,
      'bulk?act=retry&state=dead',
      'receiver?name=Shipping.pack',
    ]) {
      await shown.page.goto(address === '' ? './' : address);
      for (const violation of await axe(shown.page)) found.push(`${address}: ${violation}`);
    }
    expect(found).toEqual([]);
  });
});

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds, a line for each rule and the first element that breaks it. */
async function axe(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html.slice(0, 160) + ' ' + nodes[0].failureSummary.slice(0, 200)))`,
  );
}
