// signalbox retry: dead and cancelled deliveries run again, waiting ones at once.
import { chosenBy, newDeliveryActVerb } from '../act-verb.ts';
import { actOnMany } from '../bulk.ts';
import { addExamples } from '../command.ts';
import { parseDuration } from '../duration-option.ts';
import { reportBulk } from '../errand-work.ts';
import { addressOf, reportOne } from '../one.ts';
import { actor } from '../who.ts';
import { withBox } from '../with-box.ts';

export function retry() {
  const verb = newDeliveryActVerb(
    'retry',
    'Runs deliveries again, with a fresh budget and the same idempotency key: dead and cancelled ones; waiting ones are due at once. Of a filter, dead ones, and others where --state names them. A filter is counted and shown by five samples before you are asked; what dies again meanwhile is not retried in a circle.',
  )
    .option('--over <time>', 'spread them over this time: 10m. All at once may be the next outage', parseDuration('--over'))
    .action(async (id, { config, json, as, yes, detach, over, ...options }) => {
      const chosen = chosenBy('retry', id, options);
      const by = actor(as);
      await withBox(config, async (box) => {
        if ('id' in chosen) {
          const ids = await box.deliveries.retry(await addressOf(box, chosen.id, chosen.receiver), { by });
          return reportOne('Retried', ids, 'Nothing to retry: none is dead or cancelled, or waits for a later time.', json);
        }
        const request = { act: 'retry' as const, filter: chosen.filter, by, ...(over !== undefined && { over }) };
        reportBulk(await actOnMany(box, request, { yes, json, detach }), { json, detach });
      });
    });
  addExamples(verb, [
    ['signalbox retry 0190f3c2-5a1b-7cc0-8d00-3f2a9e1b7c55 --receiver Orders.onPaid', 'one delivery'],
    [
      'signalbox retry --state dead --receiver Mails.onPaid --error ETIMEDOUT --over 10m',
      'what a provider has refused, spread over ten minutes',
    ],
    ['signalbox retry --state dead --since 2h --yes --detach', 'without a question, by the workers'],
  ]);
  return verb;
}
