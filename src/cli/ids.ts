// What an id on the command line is an id of.
import { uuid } from '../core/rules.ts';

/** A UUID; a delivery has a number, an idempotency key is both. */
export const isEmissionId = (text: string): boolean => uuid.accepts(text);
