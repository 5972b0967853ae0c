// signalbox pause, signalbox resume: hold a receiver or a queue back, and let it go on. The box does it.
import { newActVerb } from '../act-verb.ts';
import { addExamples } from '../command.ts';
import { oneLine } from '../../core/visible.ts';
import { print, printDocument } from '../output.ts';
import { UsageError } from '../usage-error.ts';
import { actor } from '../who.ts';
import { withBox } from '../with-box.ts';

export function pause() {
  const verb = makeVerb(
    'pause',
    'Pauses a receiver, or a queue: within a second no worker begins one of its deliveries any more. Those that run go on, and what is emitted is stored and waits.',
    { changed: 'paused', same: 'was paused already' },
  );
  addExamples(verb, [
    ['signalbox pause Invoices.onPaid', 'a receiver that does harm'],
    ['signalbox pause --queue mail', 'all receivers of a queue, also those that join it later'],
  ]);
  return verb;
}

export function resume() {
  const verb = makeVerb(
    'resume',
    'Lets a paused receiver, or a paused queue, go on, and wakes workers. A receiver that was paused by itself stays so when its queue is resumed.',
    { changed: 'resumed', same: 'was not paused' },
  );
  addExamples(verb, [
    ['signalbox resume Invoices.onPaid', 'after its mended code is deployed'],
    ['signalbox resume --queue mail', 'all receivers of a queue'],
  ]);
  return verb;
}

const makeVerb = (name: 'pause' | 'resume', about: string, words: { changed: string; same: string }) =>
  newActVerb(name, about)
    .argument('[receiver]', 'the stored name of a receiver')
    .option('--queue <name>', 'a whole queue in place of one receiver')
    .action(async (receiver, { config, json, queue, as }) => {
      if ((receiver === undefined) === (queue === undefined)) throw new UsageError(`Give a receiver, or a queue with --queue, to ${name}.`);
      const by = actor(as);
      const changed = await withBox(config, (box) =>
        receiver === undefined ? box.queues[name](queue!, { by }) : box.receivers[name](receiver, { by }),
      );
      const subject = receiver === undefined ? `Queue ${oneLine(queue!)}` : oneLine(receiver);
      if (json) printDocument({ ...(receiver === undefined ? { queue } : { receiver }), changed });
      else print(`${subject} ${changed ? `is ${words.changed}` : words.same}.`);
    });
