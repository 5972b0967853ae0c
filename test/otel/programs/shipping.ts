// One more module of the shop, for its trace: a receiver that emits, and the receiver of that.
import { trace } from '@opentelemetry/api';
import { defineSignals, type DeliveryContext, OnSignal, type PayloadOf } from 'signalbox';
import { z } from 'zod';
import { payment } from '../../../examples/shop/payment/signals.ts';

export const shipment = defineSignals('shipment', { requested: z.object({ paymentProcessId: z.number().int() }) });

export class Shipping {
  @OnSignal(payment.completed)
  static async request({ paymentProcessId }: PayloadOf<typeof payment.completed>, { tx }: DeliveryContext): Promise<void> {
    const span = trace.getTracer('shop').startSpan('choose a carrier');
    span.end();
    await shipment.requested.emitReliable(tx, { paymentProcessId });
  }
}

export class Warehouse {
  @OnSignal(shipment.requested)
  static async pack(_requested: PayloadOf<typeof shipment.requested>): Promise<void> {}
}
