// The signals of two-workers.ts, for the test that emits them.
import { z } from 'zod';
import { defineSignal } from '../../../src/index.ts';

export const poison = defineSignal('crash.poison', z.object({}));
export const innocent = defineSignal('crash.innocent', z.object({}));
