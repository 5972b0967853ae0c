// The box of the worker program, which has all the receivers. `signalbox worker` in this folder does the same as
// worker.ts.
import 'reflect-metadata';
import { createSignalbox } from 'signalbox';
import { db } from '../shop/database.ts';
import { Order } from '../shop/order/order.ts';
import { PaymentProcesses } from '../shop/payment/payment-process.ts';

export default createSignalbox({ db, services: [PaymentProcesses, Order] });
