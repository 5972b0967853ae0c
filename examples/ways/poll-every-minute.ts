// Way 2: payments send no message. Orders check every minute which payments have ended (`reconcile` of the shop). That
// is reliable, but late by up to a minute, and most checks find nothing. A minute is a fifth of a second here.
import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { Order } from '../shop/order/order.ts';
import { PaymentProcesses } from '../shop/payment/payment-process.ts';
import { db, markPaid, openFixture, say } from './fixture.ts';

const MINUTE_MS = 200;

const fixture = openFixture({ services: [PaymentProcesses, Order] });
const paymentId = await fixture.placeOrder();
let checks = 0;

async function checkAfterAMinute(): Promise<number[]> {
  await pause(MINUTE_MS);
  checks += 1;
  return fixture.box.get(Order).reconcile();
}

// One check comes just before the payment succeeds.
await checkAfterAMinute();
await markPaid(db, paymentId);
const paidAt = performance.now();
say(`Right after a check, in the database: ${await fixture.statusOf(paymentId)}.`);

let moved: number[];
do moved = await checkAfterAMinute();
while (moved.length === 0);
const minutes = (performance.now() - paidAt) / MINUTE_MS;
say(`${minutes.toFixed(1)} minutes later, in the database: ${await fixture.statusOf(paymentId)}.`);

while (checks < 10) await checkAfterAMinute();
say(`${checks} checks, ${checks - 1} of them in vain. Checking twice as often halves the delay and doubles the load.`);
await fixture.close();
