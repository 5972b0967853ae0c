// The links of error groups lead to what they count, whatever the box redacts: never to more than the page says.
import { expect, test } from 'vitest';
import type { Redaction } from '../../src/index.ts';
import { addRow } from '../operate/read-rows.ts';
import { addReceiver } from '../store/rows.ts';
import { harness, type Harness } from '../support/harness.ts';
import { browse, type Browser } from './asking.ts';

const SECRET = '4111';
const ERRORS = [
  { name: 'CardRefused', message: `card ${SECRET} is stolen` },
  { name: 'CardRefused', message: `card ${SECRET} is stolen` },
  { name: 'CardRefused', message: `card ${SECRET} has expired` },
  { name: `Secret${SECRET}`, message: 'a name that is redacted' },
  undefined,
];

async function openGroups(redact?: Redaction): Promise<Harness & { readonly browser: Browser }> {
  const h = await harness(redact ? { redact } : {});
  const receiver = await addReceiver(h.sql, 'Cards.charge', 'order.paid');
  for (const error of ERRORS) await addRow(h.sql, { receiver, state: 'dead', errors: error ? [error] : [] });
  return { ...h, browser: browse(h) };
}

/** Of each group: what it shows, how many it counts, how many its link finds and its retry would change; -1 without. */
async function groupsOn(
  browser: Browser,
): Promise<(readonly [error: string, counted: number, found: number, retried: number, word: boolean])[]> {
  const { text } = await browser.get('errors');
  const rows = Array.from(/<tbody>(.*?)<\/tbody>/s.exec(text)![1]!.matchAll(/<tr>(.*?)<\/tr>/gs), ([, row]) => row!);
  return Promise.all(
    rows.map(async (row) => {
      const addressOf = (page: string): string | undefined =>
        new RegExp(`href="\\./(${page}\\?[^"]*)"`).exec(row)?.[1]?.replaceAll('&amp;', '&');
      const [list, bulk] = [addressOf('deliveries'), addressOf('bulk')];
      const found = list === undefined ? -1 : (await browser.get(list)).text.match(/data-label="Receiver"|<td class="which"/g)?.length;
      const preview = bulk === undefined ? undefined : (await browser.get(bulk)).text.replace(/<[^>]*>/g, ' ');
      const shown = [/class="error-name"[^>]*>([^<]*)</.exec(row)![1]!, /class="sub">([^<]*)</.exec(row)![1]!].join(': ');
      const counted = Number(/class="hot"[^>]*>(\d+)</.exec(row)![1]);
      const retried = preview === undefined ? -1 : Number(/(\d+)\s+deliver/.exec(preview)?.[1]);
      return [shown, counted, found ?? 0, retried, row.includes('every error of this name')] as const;
    }),
  );
}

const byText = ([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]): number => (a < b ? -1 : 1);

test('where nothing is redacted, a link finds its group by the message', async () => {
  await using h = await openGroups();
  expect((await groupsOn(h.browser)).toSorted(byText)).toEqual([
    ['CardRefused: card 4111 has expired', 1, 1, 1, false],
    ['CardRefused: card 4111 is stolen', 2, 2, 2, false],
    ['Secret4111: a name that is redacted', 1, 1, 1, false],
    ['without a stored error: ', 1, -1, -1, false],
  ]);
});

test('where a function redacts, a link finds by the name, and says so where that is more than its group', async () => {
  await using h = await openGroups({ errors: (text) => text.replaceAll(SECRET, '…') });
  expect((await groupsOn(h.browser)).toSorted(byText)).toEqual([
    ['CardRefused: card … has expired', 1, 3, 3, true],
    ['CardRefused: card … is stolen', 2, 3, 3, true],
    ['Secret…: a name that is redacted', 1, -1, -1, false],
    ['without a stored error: ', 1, -1, -1, false],
  ]);
});

test('where all texts are redacted, a group has a name, and its link finds all of it', async () => {
  await using h = await openGroups({ errors: 'all' });
  expect((await groupsOn(h.browser)).toSorted(byText)).toEqual([
    ['CardRefused: [redacted]', 3, 3, 3, false],
    ['Secret4111: [redacted]', 1, 1, 1, false],
    ['without a stored error: ', 1, -1, -1, false],
  ]);
});
