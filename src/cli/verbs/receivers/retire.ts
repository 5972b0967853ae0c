// signalbox receivers retire: a receiver whose code is gone gets nothing more.
import { newActVerb } from '../../act-verb.ts';
import { addExamples } from '../../command.ts';
import { confirmed } from '../../confirm.ts';
import { reportErrand, workInPlace } from '../../errand-work.ts';
import { oneLine } from '../../../core/visible.ts';
import { print, printDocument } from '../../output.ts';
import { actor } from '../../who.ts';
import { withBox } from '../../with-box.ts';

export function retire() {
  const verb = newActVerb(
    'retire',
    'Retires a receiver whose code is gone: nothing that is emitted from now on is stored for it. What waits is kept for a process that has it, or cancelled with --cancel. A process that still has its code brings it back when it announces its receivers.',
  )
    .argument('<name>', 'the stored name of a receiver')
    .option('--cancel', 'cancel what waits')
    .option('--yes', 'do not ask, which --cancel does')
    .option('--detach', 'leave what is cancelled to the workers, and end')
    .action(async (name, { config, json, as, cancel, yes, detach }) => {
      const by = actor(as);
      await withBox(config, async (box) => {
        if (cancel && !(await confirmed({ question: `Retire ${oneLine(name)}, and cancel all that waits for it?`, yes, json }))) {
          process.exitCode = 1;
          return print('Nothing was done.');
        }
        const { changed, errand } = await box.receivers.retire(name, { by, waiting: cancel ? 'cancel' : 'keep' });
        if (!json) print(`${oneLine(name)} ${changed ? 'is retired' : 'was retired already'}.`);
        if (errand) reportErrand(detach ? errand : await workInPlace(box, errand.id, by), { json, detach }, { changed });
        else if (json) printDocument({ changed, errand: null });
      });
    });
  addExamples(verb, [
    ['signalbox receivers retire Newsletter.onPaid', 'its code is gone, and what waits may be wanted yet'],
    ['signalbox receivers retire Newsletter.onPaid --cancel', 'and nobody wants what waits'],
  ]);
  return verb;
}
