// Way 2: nobody tells anybody. The orders look every minute which payments have ended (`reconcile` of the shop).
// Reliable, but late by up to a minute, and most looks find nothing. A minute is a fifth of a second here.
import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { Order } from '../shop/order/order.ts';
import { PaymentProcesses } from '../shop/payment/payment-process.ts';
import { db, markPaid, openFixture, say } from './fixture.ts';

const MINUTE_MS = 200;

const fixture = openFixture({ services: [PaymentProcesses, Order] });
const paymentId = await fixture.placeOrder();
let looks = 0;

async function lookAfterAMinute(): Promise<number[]> {
  await pause(MINUTE_MS);
  looks += 1;
  return fixture.box.get(Order).reconcile();
}

// One look comes just too early for the payment.
await lookAfterAMinute();
await markPaid(db, paymentId);
const paidAt = performance.now();
say(`Right after a look, in the database: ${await fixture.statusOf(paymentId)}.`);

let moved: number[];
do moved = await lookAfterAMinute();
while (moved.length === 0);
const minutes = (performance.now() - paidAt) / MINUTE_MS;
say(`${minutes.toFixed(1)} minutes later, in the database: ${await fixture.statusOf(paymentId)}.`);

while (looks < 10) await lookAfterAMinute();
say(`${looks} looks, ${looks - 1} of them in vain. Looking twice as often is half as late, at twice the load.`);
await fixture.close();
