// The payload of a claimed delivery, as its receiver is handed it.
import { decodePayload } from '../../core/envelope.ts';
import type { Receiver } from '../../core/receivers.ts';
import { SignalboxError } from '../../errors.ts';
import type { ClaimedDelivery } from '../../store/deliveries/claim.ts';

/** @throws SignalboxError `EmissionMissing`, which no retry can mend, `StoredPayloadInvalid` */
export async function payloadOf({ payload, emissionId, version }: ClaimedDelivery, { name, signal }: Receiver): Promise<unknown> {
  if (payload !== null) return decodePayload(signal, payload, version);
  throw new SignalboxError(
    'EmissionMissing',
    `${name} cannot be run: emission ${emissionId}, which holds the payload, was deleted while its delivery was live. Delete only emissions of which no delivery is left in signalbox.delivery.`,
  );
}
