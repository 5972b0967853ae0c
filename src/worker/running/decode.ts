// The first step of a run: reads the stored payloads. A payload that cannot be read is the failure of its delivery, and of no
// other delivery of its batch.
import { decodePayload } from '../../core/envelope.ts';
import { ERASED_PAYLOAD } from '../../core/erased.ts';
import type { Receiver } from '../../core/receivers.ts';
import { SignalboxError } from '../../errors.ts';
import type { ClaimedDelivery } from '../../store/deliveries/claim.ts';
import { outcomeOf } from './execution.ts';
import type { Member, Run } from './run.ts';

/** Never rejects. */
export function decode({ receiver, members }: Run): Promise<unknown> {
  if (members.length === 1) return decodeOne(members[0]!, receiver);
  return Promise.all(members.map((member) => decodeOne(member, receiver)));
}

async function decodeOne(member: Member, receiver: Receiver): Promise<void> {
  try {
    member.payload = await payloadOf(member.delivery, receiver);
  } catch (error) {
    member.execution = outcomeOf(error);
  }
}

/** @throws SignalboxError `EmissionMissing` and `PayloadErased`, which no retry can mend, `StoredPayloadInvalid` */
function payloadOf({ payload, emissionId, version }: ClaimedDelivery, { name, signal }: Receiver): Promise<unknown> {
  if (payload === ERASED_PAYLOAD)
    throw new SignalboxError(
      'PayloadErased',
      `${name} cannot be run: the payload of emission ${emissionId} was erased. Cancel its delivery, so that it is not looked at again.`,
    );
  if (payload !== null) return decodePayload(signal, payload, version);
  throw new SignalboxError(
    'EmissionMissing',
    `${name} cannot be run: emission ${emissionId}, which holds the payload, was deleted while its delivery was live. Delete only emissions that have no live delivery.`,
  );
}
