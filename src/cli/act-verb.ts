// A verb that changes something, which the audit records.
import { newBoxVerb } from './command.ts';
import { parseActor } from './who.ts';

export const newActVerb = (name: string, about: string) =>
  newBoxVerb(name, about).option('--as <who>', 'who acts, for the audit (default: your user name and this machine)', parseActor);
