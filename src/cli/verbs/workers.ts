// signalbox workers: the workers of all processes.
import { addExamples, newBoxVerb } from '../command.ts';
import { print, printDocument } from '../output.ts';
import { workerLines } from '../status-text.ts';
import { withBox } from '../with-box.ts';

export function workers() {
  const verb = newBoxVerb(
    'workers',
    'Prints the workers of all processes, the oldest first, with how many deliveries each runs or has claimed ahead. One that is lost is listed until another worker has forgotten it.',
  ).action(async ({ config, json }) => {
    const found = await withBox(config, (box) => box.workers.list());
    if (json) printDocument({ workers: found });
    else print(workerLines(found).join('\n'));
  });
  addExamples(verb, [['signalbox workers', 'who works']]);
  return verb;
}
