// signalbox repair: mends what a migration cannot. The store does it.
import { addExamples, newBoxVerb, newCommand } from '../command.ts';
import { print, printDocument } from '../output.ts';
import { withBox } from '../with-box.ts';

export function repair() {
  return newCommand('repair', 'Mends what doctor finds and a migration cannot.').addCommand(sequences());
}

function sequences() {
  const verb = newBoxVerb(
    'sequences',
    'Advances each identity sequence that is behind its table, as after a move by logical replication, which copies no sequences. It never sets one back, also while others insert. Run it as the owner of the tables.',
  )
    .summary('advance identity sequences that are behind their tables')
    .action(async ({ config, json }) => {
      const repaired = await withBox(config, (box) => box.repairSequences());
      if (json) printDocument({ repaired });
      else if (repaired.length === 0) print('No sequence is behind its table.');
      else print(repaired.map(({ table, from, to }) => `${table}: the next id was ${from} and is ${BigInt(to) + 1n}.`).join('\n'));
    });
  addExamples(verb, [['signalbox repair sequences', 'after the switch to a server that was filled by logical replication']]);
  return verb;
}
