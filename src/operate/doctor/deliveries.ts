// Judges the deliveries: what waits too long, for whom, what is dead, and whether anything works.
import type { DeadDeliveries, Overdue, WorkersAlive } from '../../store/doctor/doctor-store.ts';
import { broken, count, type Finding, ok, time, warning } from './finding.ts';

const LATE_SECONDS = 60;
const OVERDUE_SECONDS = 300;

export interface DeliveryFacts {
  readonly overdue: readonly Overdue[];
  readonly dead: DeadDeliveries;
  readonly workers: WorkersAlive;
  /** The roots, in the catalogue, of this box's receivers. */
  readonly own: ReadonlySet<number>;
  /** The version of the package in this process. */
  readonly version: string;
}

export function judgeDeliveries(facts: DeliveryFacts): Finding[] {
  return [workers(facts), ...versions(facts), receivers(facts), overdue(facts), dead(facts)];
}

function workers({ workers: alive, overdue }: DeliveryFacts): Finding {
  const waits = overdue.some(({ seconds, paused }) => seconds > LATE_SECONDS && !paused);
  if (alive.workers > 0) return ok('workers', `${count(alive.workers, 'worker')} in ${count(alive.processes, 'process', 'processes')}.`);
  return waits
    ? broken('workers', 'No worker is running, and deliveries are due.', 'npx signalbox worker')
    : warning('workers', 'No worker is running.', 'npx signalbox worker');
}

function versions({ workers: alive, version }: DeliveryFacts): Finding[] {
  const others = (JSON.parse(alive.versions) as string[]).filter((each) => each !== version);
  return others.length === 0
    ? []
    : [
        warning(
          'workers',
          `Workers run other versions of Signalbox than this process, which has ${version}: ${others.join(', ')}.`,
          'Wait for the deploy that is under way, or restart these workers with the new version: npx signalbox workers',
        ),
      ];
}

const late = ({ overdue }: DeliveryFacts, seconds: number): Overdue[] => overdue.filter((each) => each.seconds > seconds && !each.paused);

const tell = ({ name, signal, waiting, seconds }: Overdue): string =>
  `${waiting >= 1_000 ? '1,000+' : waiting} for ${name} (${signal}), the first for ${time(seconds)}`;

function receivers(facts: DeliveryFacts): Finding {
  const orphaned = late(facts, LATE_SECONDS).filter(({ root }) => !facts.own.has(root));
  return orphaned.length === 0
    ? ok('receivers', 'All that waits has its receiver in this box.')
    : warning(
        'receivers',
        `Deliveries wait for receivers that this box does not have: ${orphaned.map(tell).join('; ')}. They are another program's, or were renamed without \`formerly\`, or are gone.`,
        `@OnSignal(signal, { formerly: ['${orphaned[0]!.name}'] }), or: npx signalbox receivers retire ${orphaned[0]!.name}`,
      );
}

function overdue(facts: DeliveryFacts): Finding {
  const worst = late(facts, OVERDUE_SECONDS).sort((a, b) => b.seconds - a.seconds);
  const paused = facts.overdue.filter((each) => each.paused).length;
  if (worst.length === 0)
    return ok('overdue', `Nothing has been due for 5 minutes${paused > 0 ? `, but of ${count(paused, 'paused receiver')}` : ''}.`);
  return warning(
    'overdue',
    `Deliveries are overdue: ${worst.slice(0, 5).map(tell).join('; ')}.`,
    'npx signalbox status, and start more workers: npx signalbox worker',
  );
}

function dead({ dead: { dead: n, seconds } }: DeliveryFacts): Finding {
  return n === 0
    ? ok('dead', 'No delivery is dead.')
    : warning(
        'dead',
        `${count(n, 'delivery is', 'deliveries are')} dead, the first for ${time(seconds ?? 0)}.`,
        'npx signalbox errors, then: npx signalbox retry --state dead',
      );
}
