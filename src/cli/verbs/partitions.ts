// signalbox partitions: tables in partitions by time. The box decides what the migration says and what may be dropped.
import { EVERY, type Every } from '../../core/periods.ts';
import type { TendResult } from '../../operate/partitions.ts';
import { newActVerb } from '../act-verb.ts';
import { addExamples, newBoxVerb, newCommand } from '../command.ts';
import { loadBox } from '../config.ts';
import { interruptible } from '../interrupt.ts';
import { print, printDocument } from '../output.ts';
import { counted, Progress } from '../progress.ts';
import { UsageError } from '../usage-error.ts';
import { actor } from '../who.ts';
import { withBox } from '../with-box.ts';

export const partitions = () =>
  newCommand(
    'partitions',
    'Tables in partitions by time, for those who keep so much that deleting rows is not enough. Without a command: migration.',
  )
    .addCommand(migration().summary('print a migration that partitions the tables'), { isDefault: true })
    .addCommand(tend().summary('make partitions ahead, and drop those that are over'));

function migration() {
  const verb = newBoxVerb(
    'migration',
    'Prints a migration of your own that partitions the tables; nothing is sent. The rows so far become one partition, which ends a week from now at the earliest: apply it before that.',
  )
    .option('--every <length>', 'the length of a partition: day, week or month, in UTC; required', parseEvery)
    .option('--ahead <n>', 'how many partitions it makes, 1 to 1000', parseCount('--ahead'), 4)
    .action(async ({ config, json, every, ahead }) => {
      if (every === undefined) throw new UsageError(`--every is missing: give ${EVERY.join(', ')}.`);
      const box = await loadBox(process.cwd(), config);
      const sql = box.partitions.migration({ every, ahead });
      await box.close();
      if (json) printDocument({ sql });
      else print(sql);
    });
  addExamples(verb, [
    ['drizzle-kit generate --custom --name signalbox-partitions', 'makes an empty migration'],
    ['signalbox partitions --every week > migrations/0002_signalbox-partitions.sql', 'fills it'],
  ]);
  return verb;
}

function tend() {
  const verb = newActVerb(
    'tend',
    'Makes partitions ahead, and drops those before the kept ones: what must stay of them, by the retention of the box, is set aside first. Run it once a day, as an owner of the tables. It may be ended and run again at any time.',
  )
    .option('--every <length>', 'as in the migration: day, week or month; required', parseEvery)
    .option('--keep <n>', 'how many past periods are kept whole, besides the one that is now, 1 to 1000; required', parseCount('--keep'))
    .option('--ahead <n>', 'how many periods after the one that is now have their partitions made, 1 to 1000', parseCount('--ahead'), 4)
    .action(async ({ config, json, as, every, keep, ahead }) => {
      if (every === undefined || keep === undefined)
        throw new UsageError(`--every and --keep are both needed, as in: --every ${EVERY[1]} --keep 4.`);
      const progress = new Progress();
      let soFar: TendResult = { created: [], dropped: [], left: [] };
      const onProgress = (done: TendResult): void => progress.show(`${tell((soFar = done))} …`);
      const outcome = await withBox(config, (box) =>
        interruptible(async (abortSignal) => {
          try {
            return { ...(await box.partitions.tend({ every, keep, ahead, by: actor(as), onProgress, abortSignal })), stopped: false };
          } catch (error) {
            if (!abortSignal.aborted) throw error;
            return { ...soFar, stopped: true };
          } finally {
            progress.end();
          }
        }),
      );
      if (outcome.stopped || outcome.left.length > 0) process.exitCode = 1;
      if (json) return printDocument(outcome);
      print([`${outcome.stopped ? 'Stopped: ' : ''}${tell(outcome)}.`, ...outcome.left.map(tellLeft)].join('\n'));
    });
  addExamples(verb, [['signalbox partitions tend --every week --keep 4', 'from cron, once a day']]);
  return verb;
}

const tell = ({ created, dropped }: TendResult): string => `${counted(created.length)} made, ${counted(dropped.length)} dropped`;

const REASONS = { staying: 'too many of its emissions have to stay', locked: 'its locks could not be had; run it again' } as const;

const tellLeft = ({ name, reason }: TendResult['left'][number]): string => `Left ${name}: ${REASONS[reason]}.`;

function parseEvery(text: string): Every {
  const every = EVERY.find((known) => known === text);
  if (every !== undefined) return every;
  throw new UsageError(`--every is ${JSON.stringify(text)}; give ${EVERY.join(', ')}.`);
}

function parseCount(option: string) {
  return (text: string): number => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= 1 && number <= 1_000) return number;
    throw new UsageError(`${option} is ${JSON.stringify(text)}; give a whole number from 1 to 1000.`);
  };
}
