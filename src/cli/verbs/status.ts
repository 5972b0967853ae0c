// signalbox status: what waits for each receiver, and the workers.
import { setTimeout as wait } from 'node:timers/promises';
import type { Signalbox } from '../../box/box.ts';
import { addExamples, newBoxVerb } from '../command.ts';
import { interruptible } from '../interrupt.ts';
import { isClosed, print, printDocument } from '../output.ts';
import { statusText } from '../status-text.ts';
import { told } from '../times.ts';
import { UsageError } from '../usage-error.ts';
import { withBox } from '../with-box.ts';

const EVERY_MS = 2_000;

export function status() {
  const verb = newBoxVerb(
    'status',
    'Prints, for each receiver, how many deliveries are due, running, due later, waiting for a retry and dead, and for how long the first of the due ones has been due; then the workers. Numbers end at 1,000.',
  )
    .option('--watch', 'print it every two seconds, until Ctrl-C')
    .action(async ({ config, json, watch }) => {
      if (json && watch) throw new UsageError('--json and --watch do not go together: a document has an end.');
      await withBox(config, async (box) => {
        if (watch) return watchStatus(box);
        const found = await box.status();
        if (json) printDocument(found);
        else print(statusText(found));
      });
    });
  addExamples(verb, [
    ['signalbox status', 'what is stuck'],
    ['signalbox status --watch', 'while it is mended'],
  ]);
  return verb;
}

/** Until Ctrl-C, or until the reader is gone. */
async function watchStatus(box: Signalbox): Promise<void> {
  await interruptible(async (abortSignal) => {
    while (!abortSignal.aborted && !isClosed()) {
      const text = `${told(new Date())}\n\n${statusText(await box.status())}`;
      // Home, and what is left of the last one away.
      print(process.stdout.isTTY ? `\u001b[H\u001b[J${text}` : `${text}\n`);
      await wait(EVERY_MS, undefined, { signal: abortSignal }).catch(() => {});
    }
  });
}
