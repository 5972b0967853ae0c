// The signal of looping.ts, for the test that emits it.
import { z } from 'zod';
import { defineSignal } from '../../../src/index.ts';

export const looped = defineSignal('crash.looped', z.object({ value: z.number(), blockMs: z.number() }));
