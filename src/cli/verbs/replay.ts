// signalbox replay: settled deliveries run once more from the start, for a receiver that was wrong.
import { chosenBy, newDeliveryActVerb } from '../act-verb.ts';
import { actOnMany } from '../bulk.ts';
import { addExamples } from '../command.ts';
import { parseDuration } from '../duration-option.ts';
import { reportBulk, workInPlace } from '../errand-work.ts';
import { addressOf } from '../one.ts';
import { actor } from '../who.ts';
import { withBox } from '../with-box.ts';

export function replay() {
  const verb = newDeliveryActVerb(
    'replay',
    'Runs settled deliveries once more from the start, as a new generation with a new idempotency key: for a receiver that was wrong. Of a filter, completed ones, and dead and cancelled ones where --state names them. At most 1,000 of them wait per receiver, so that what is emitted now goes first. A filter is counted and shown by five samples before you are asked.',
  )
    .option('--over <time>', 'spread them over this time: 10m', parseDuration('--over'))
    .option('--acts-again', 'receivers that are not transactional may act outside once more: mails, payments')
    .action(async (id, { config, json, as, yes, detach, over, actsAgain, ...options }) => {
      const chosen = chosenBy('replay', id, options);
      const request = { act: 'replay' as const, by: actor(as), ...(over !== undefined && { over }), ...(actsAgain && { actsAgain }) };
      await withBox(config, async (box) => {
        if ('filter' in chosen) {
          return reportBulk(await actOnMany(box, { ...request, filter: chosen.filter }, { yes, json, detach }), { json, detach });
        }
        // An errand, as of many: it is what refuses to act outside again.
        const filter = { ...(await addressOf(box, chosen.id, chosen.receiver)), states: ['completed', 'dead', 'cancelled'] as const };
        const errand = await box.errands.begin({ ...request, filter });
        reportBulk({ errand: detach ? errand : await workInPlace(box, errand.id, request.by) }, { json, detach });
      });
    });
  addExamples(verb, [
    ['signalbox replay 0190f3c2-5a1b-7cc0-8d00-3f2a9e1b7c55 --receiver Orders.onPaid', 'one delivery'],
    ['signalbox replay --receiver Orders.onPaid --since 2026-03-01 --until 2026-03-02', 'a day, after a mistake in a receiver was mended'],
    ['signalbox replay --receiver Mails.onPaid --since 1h --acts-again', 'mails, which are sent again'],
  ]);
  return verb;
}
