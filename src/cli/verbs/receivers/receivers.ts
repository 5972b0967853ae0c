// signalbox receivers: the catalogue, and what operators do to a receiver whose code has gone or moved.
import { newCommand } from '../../command.ts';
import { list } from './list.ts';
import { move } from './move.ts';
import { retire } from './retire.ts';

export const receivers = () =>
  newCommand('receivers', 'Looks at receivers, and acts on those whose code has gone or moved. Without a command: list.')
    .addCommand(list().summary('the receivers of the catalogue'), { isDefault: true })
    .addCommand(move().summary('give the deliveries of one receiver to another'))
    .addCommand(retire().summary('let a receiver get nothing more'));
