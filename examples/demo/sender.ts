// Takes the provider's call and gets stuck, so that the demo can kill this process at that point: `before` the COMMIT,
// with payment and signal written, or right `after` the COMMIT, before the process can do anything else.
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
