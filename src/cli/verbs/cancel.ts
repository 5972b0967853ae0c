// signalbox cancel: deliveries end as cancelled.
import { chosenBy, newDeliveryActVerb } from '../act-verb.ts';
import { actOnMany } from '../bulk.ts';
import { addExamples } from '../command.ts';
import { reportBulk } from '../errand-work.ts';
import { addressOf, reportOne } from '../one.ts';
import { actor } from '../who.ts';
import { withBox } from '../with-box.ts';

export function cancel() {
  const verb = newDeliveryActVerb(
    'cancel',
    'Ends deliveries as cancelled: waiting, running and dead ones. Of a filter, waiting and running ones, and dead ones where --state names them. It waits for a receiver whose transaction is about to commit; if that commits, the delivery is completed. A filter is counted and shown by five samples before you are asked.',
  )
    .option('--because <text>', 'the reason, which is stored with each delivery')
    .action(async (id, { config, json, as, yes, detach, because, ...options }) => {
      const chosen = chosenBy('cancel', id, options);
      const by = actor(as);
      await withBox(config, async (box) => {
        if ('id' in chosen) {
          const ids = await box.deliveries.cancel(await addressOf(box, chosen.id, chosen.receiver), because, { by });
          return reportOne('Cancelled', ids, 'Nothing to cancel: none waits, runs or is dead.', json);
        }
        const request = { act: 'cancel' as const, filter: chosen.filter, by, ...(because !== undefined && { because }) };
        reportBulk(await actOnMany(box, request, { yes, json, detach }), { json, detach });
      });
    });
  addExamples(verb, [
    ['signalbox cancel 81234 --because "paid by hand"', 'one delivery'],
    ['signalbox cancel --receiver Mails.onPaid --state ready,dead --until 1d', 'mails that are too late to be of use'],
  ]);
  return verb;
}
