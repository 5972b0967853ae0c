// Acts on one emission or one delivery: which one an id on the command line means.
import type { Signalbox } from '../box/box.ts';
import type { DeliveryAddress } from '../store/operations/delivery.ts';
import { isEmissionId } from './ids.ts';
import { print, printDocument } from './output.ts';
import { UsageError } from './usage-error.ts';

/**
 * The address of an id, which is there.
 * @throws SignalboxError `EmissionNotFound`, `DeliveryNotFound`; UsageError
 */
export async function addressOf(box: Signalbox, id: string, receiver: string | undefined): Promise<DeliveryAddress> {
  if (!isEmissionId(id)) {
    if (receiver !== undefined)
      throw new UsageError('--receiver goes with the id of an emission alone, for every other id names one delivery.');
    const found = await box.deliveries.get(id);
    return { emissionId: found.emissionId, receiver: found.receiver };
  }
  if (receiver !== undefined) await box.deliveries.get({ emissionId: id, receiver });
  else await box.emissions.get(id);
  return { emissionId: id, ...(receiver !== undefined && { receiver }) };
}

/** Prints the deliveries that an act has changed. @param none what to say where there was nothing to change */
export function reportOne(done: string, deliveryIds: readonly string[], none: string, json: boolean | undefined): void {
  if (json) return printDocument({ deliveryIds });
  const [first] = deliveryIds;
  if (first === undefined) print(none);
  else print(`${done} ${deliveryIds.length === 1 ? 'delivery' : 'deliveries'} ${deliveryIds.join(', ')}.`);
}
