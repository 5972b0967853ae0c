// signalbox receivers move: the deliveries of one receiver become another's.
import { newActVerb } from '../../act-verb.ts';
import { addExamples } from '../../command.ts';
import { confirmed } from '../../confirm.ts';
import { reportBulk, workInPlace } from '../../errand-work.ts';
import { oneLine } from '../../../core/visible.ts';
import { say } from '../../output.ts';
import { deliveriesText } from '../../counts.ts';
import { actor } from '../../who.ts';
import { withBox } from '../../with-box.ts';

export function move() {
  const verb = newActVerb(
    'move',
    'Gives the deliveries of one receiver to another one of the same signals: those that wait, and the dead ones. They keep their idempotency keys. What is emitted later is not moved: where a receiver was renamed, add `formerly` to its code instead.',
  )
    .argument('<from>', 'the stored name of the receiver that has them')
    .argument('<to>', 'the stored name of the receiver that gets them')
    .option('--no-dead', 'leave dead ones where they are')
    .option('--yes', 'do not ask')
    .option('--detach', 'leave it to the workers, and end')
    .action(async (from, to, { config, json, as, dead, yes, detach }) => {
      const by = actor(as);
      await withBox(config, async (box) => {
        const { count, more } = await box.deliveries.count({
          receiver: from,
          states: dead ? ['ready', 'running', 'dead'] : ['ready', 'running'],
        });
        const few = deliveriesText({ count, more });
        const question = `Move ${few} of ${oneLine(from)} to ${oneLine(to)}?`;
        if (!(await confirmed({ question, yes, json }))) return reportBulk({ matched: { count, more } }, { json });
        const errand = await box.receivers.move(from, to, { by, dead });
        if (!json) say(`Errand ${errand.id}`);
        reportBulk({ errand: detach ? errand : await workInPlace(box, errand.id, by) }, { json, detach });
      });
    });
  addExamples(verb, [
    ['signalbox receivers move Orders.onPaid Billing.onPaid', 'the code has moved to another service'],
    ['signalbox receivers move Orders.onPaid Billing.onPaid --yes --detach', 'without a question, by the workers'],
  ]);
  return verb;
}
