// signalbox deliveries: the verbs that look at deliveries.
import { newCommand } from '../../command.ts';
import { list } from './list.ts';
import { show } from './show.ts';

export const deliveries = () =>
  newCommand('deliveries', 'Looks at deliveries.')
    .addCommand(list().summary('deliveries that match'))
    .addCommand(show().summary('one delivery or emission, with all that is known of it'));
