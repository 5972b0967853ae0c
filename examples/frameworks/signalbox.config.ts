// The one box of this folder: for the web servers, and for `signalbox worker` where the servers run no worker
// themselves.
import 'reflect-metadata';
import { createSignalbox } from 'signalbox';
import { db } from '../shop/database.ts';
import { Order } from '../shop/order/order.ts';
import { PaymentProcesses } from '../shop/payment/payment-process.ts';

export default createSignalbox({ db, services: [PaymentProcesses, Order] });
