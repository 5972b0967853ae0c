// Numbers that end at 1,000, as they are printed.
import type { Counted } from '../operate/paging.ts';
import { counted } from './progress.ts';

/** `12`, `1,000+` where it was not counted further, a dash for none. */
export const countText = ({ count, more }: Counted): string => (count === 0 && !more ? '-' : `${counted(count)}${more ? '+' : ''}`);

/** `12 deliveries`, `1,000+ deliveries`, `1 delivery`. */
export const deliveriesText = ({ count, more }: Counted): string =>
  `${counted(count)}${more ? '+' : ''} ${count === 1 && !more ? 'delivery' : 'deliveries'}`;
