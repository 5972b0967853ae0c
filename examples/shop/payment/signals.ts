// What the payment module tells the others. It owns its signals and knows none of their receivers.
// Ids only: a receiver reads the state itself, so it never acts on an old one.
import { defineSignals } from 'signalbox';
import { z } from 'zod';

const ended = z.object({ paymentProcessId: z.number().int() });

export const payment = defineSignals('payment', { completed: ended, failed: ended });
