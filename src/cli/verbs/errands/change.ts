// signalbox errands pause, resume and stop.
import { newActVerb } from '../../act-verb.ts';
import { addExamples } from '../../command.ts';
import { reportErrand, workInPlace } from '../../errand-work.ts';
import { print, printDocument } from '../../output.ts';
import { counted } from '../../progress.ts';
import { actor } from '../../who.ts';
import { withBox } from '../../with-box.ts';

const EXAMPLE_ID = '0190f3c2-5a1b-7cc0-8d00-3f2a9e1b7c55';

export function pauseErrand() {
  const verb = newActVerb('pause', 'Pauses an errand, after the batch that is under way. What it has done stays.')
    .argument('<id>', 'the id of an errand')
    .action(async (id, { config, json, as }) => {
      const errand = await withBox(config, (box) => box.errands.pause(id, { by: actor(as) }));
      if (json) printDocument({ errand });
      else print(`Paused after ${counted(errand.done)}. Go on: signalbox errands resume ${id}`);
    });
  addExamples(verb, [[`signalbox errands pause ${EXAMPLE_ID}`, 'to look at what it has done']]);
  return verb;
}

export function resumeErrand() {
  const verb = newActVerb(
    'resume',
    'Goes on with an errand that was paused, or whose process was killed: here, with progress, until it is done or Ctrl-C pauses it.',
  )
    .argument('<id>', 'the id of an errand')
    .option('--detach', 'leave it to the workers, and end')
    .action(async (id, { config, json, as, detach }) => {
      const by = actor(as);
      const errand = await withBox(config, async (box) => {
        const resumed = await box.errands.resume(id, { by });
        return detach ? resumed : workInPlace(box, id, by);
      });
      reportErrand(errand, { json, detach });
    });
  addExamples(verb, [
    [`signalbox errands resume ${EXAMPLE_ID}`, 'here'],
    [`signalbox errands resume ${EXAMPLE_ID} --detach`, 'by the workers'],
  ]);
  return verb;
}

export function stopErrand() {
  const verb = newActVerb('stop', 'Ends an errand for good, after the batch that is under way. What it has done stays.')
    .argument('<id>', 'the id of an errand')
    .action(async (id, { config, json, as }) => {
      const errand = await withBox(config, (box) => box.errands.stop(id, { by: actor(as) }));
      if (json) printDocument({ errand });
      else print(`Stopped after ${counted(errand.done)}.`);
    });
  addExamples(verb, [[`signalbox errands stop ${EXAMPLE_ID}`, 'when its filter was wrong']]);
  return verb;
}
