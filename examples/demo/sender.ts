// A process that takes the provider's call and gets stuck, for the demo to kill it there: `before` the COMMIT, with
// payment and signal written, or right `after` it, before it can do anything else.
import 'reflect-metadata';
import { PaymentWebhook } from '../shop/payment/webhook.ts';
import { dieWithParent } from './leash.ts';
import { openShop } from './shop.ts';

const leash = dieWithParent();
const [where, reference] = process.argv.slice(2);
const { box } = openShop(process.env['DATABASE_URL']!);

const getStuck = async (): Promise<void> => {
  leash.tell('stuck');
  await new Promise<never>(() => {});
};

await box.db.transaction(async () => {
  await box.get(PaymentWebhook).receive({ reference, outcome: 'succeeded' });
  if (where === 'before') await getStuck();
});
await getStuck();
