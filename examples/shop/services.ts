// The services of the shop, for every box of the shop: the one in signalbox.config.ts, and those of the tests.
import { Analytics } from './analytics/analytics.ts';
import { Order } from './order/order.ts';
import { PaymentProcesses } from './payment/payment-process.ts';
import { PaymentWebhook } from './payment/webhook.ts';

export const services = [PaymentProcesses, PaymentWebhook, Order, Analytics];
