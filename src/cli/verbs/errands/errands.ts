// signalbox errands: acts on many deliveries.
import { newCommand } from '../../command.ts';
import { pauseErrand, resumeErrand, stopErrand } from './change.ts';
import { list, show } from './list.ts';

export const errands = () =>
  newCommand(
    'errands',
    'Acts on many deliveries, each with a cursor: killed and resumed, it doubles and omits nothing. Without a command: list.',
  )
    .addCommand(list().summary('errands, the latest first'), { isDefault: true })
    .addCommand(show().summary('one errand, and how far it is'))
    .addCommand(pauseErrand().summary('pause an errand after its batch'))
    .addCommand(resumeErrand().summary('go on with an errand'))
    .addCommand(stopErrand().summary('end an errand for good'));
