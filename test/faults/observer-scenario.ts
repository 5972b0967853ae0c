// The scenario of all that only reads.
import type { FaultHarness } from './fault-harness.ts';
import type { Scenario } from './matrix.ts';
import { happened, unreceived } from './receivers.ts';
import { expected } from './scenarios.ts';

const MOST_TRIES = 50;

/** Reads, and repeats each call that fails. */
/** Reads, and repeats each call that fails. */
export const observer: Scenario = {
  role: 'an operator who looks',
  onlyReads: true,
  run: async ({ box, peer, emit }) => {
    const [id] = await emit('one', 'fine');
    await peer.drain();
    for (let time = 1; time <= 2; time++) {
      await again(() => box.receivers.has(unreceived));
      await again(() => box.deliveries.page({ signal: happened }));
      await again(() => box.deliveries.page({ states: ['dead'] }));
      await again(() => box.deliveries.page({ signal: happened, states: ['ready'] }));
      await again(() => box.deliveries.count());
      await again(() => box.deliveries.count({ states: ['dead'] }));
      await again(() => box.deliveries.count({ signal: happened, states: ['ready'] }));
      await again(() => box.deliveries.groups());
      await again(() => box.status());
      await again(() => box.receivers.list());
      await again(() => box.workers.list());
      await again(() => box.tallies.runs());
      await again(() => box.tallies.emits());
      await again(() => box.tallies.workers());
      await again(() => box.tallies.gauges());
      await again(() => box.deliveries.get('0').catch(expected('DeliveryNotFound')));
      const { deliveries } = await again(() => box.emissions.get(id!));
      await again(() => box.deliveries.get(`${id}:${deliveries[0]!.id}:0`));
      await again(() => box.emissions.caused(id!));
      await again(() => box.workers.health());
      await again(() => examined(box));
      await again(() => box.receivers.checkStored());
      await again(() => box.queues.paused());
      await again(() => box.audit.list());
      await again(() => box.emissions.settled(id!));
    }
  },
};

/** Repeats a call each statement of which may fail once. */
async function again<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (tries === MOST_TRIES) throw error;
    }
  }
}

/** A doctor who cannot read something says so. */
async function examined(box: Pick<FaultHarness['box'], 'doctor'>): Promise<void> {
  const unread = (await box.doctor()).find(({ check, status, message }) =>
    check === 'connection' ? status === 'broken' : message.startsWith('This could not be examined'),
  );
  if (unread) throw new Error(unread.message);
}
