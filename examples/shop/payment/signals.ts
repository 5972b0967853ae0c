// The signals of the payment module, which owns them and knows none of their receivers.
// They carry ids only: a receiver reads the state itself, so it never acts on an old state.
import { defineSignals } from 'signalbox';
import { z } from 'zod';

const ended = z.object({ paymentProcessId: z.number().int() });

export const payment = defineSignals('payment', { completed: ended, failed: ended });
