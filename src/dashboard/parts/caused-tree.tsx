// What an emission has caused, as a tree: the emissions of its receivers, and of theirs. And what has caused it.
import type { FC } from 'hono/jsx';
import type { Caused, CausedEmission, EmissionCauseInfo } from '../../operate/causes.ts';
import { link } from '../links.ts';
import { Time } from './values.tsx';

export const CausedCard: FC<{ emissionId: string; caused: Caused }> = ({ emissionId, caused: { emissions, more } }) =>
  emissions.length === 0 ? null : (
    <section class="card" aria-labelledby="caused">
      <div class="card-head">
        <h2 id="caused">What it caused</h2>
        {more && <span class="quiet">and more than is shown</span>}
      </div>
      <div class="card-body">
        <Level of={emissionId} by={grouped(emissions)} />
      </div>
    </section>
  );

/** By the emission that caused them. */
function grouped(emissions: readonly CausedEmission[]): ReadonlyMap<string, readonly CausedEmission[]> {
  const groups = new Map<string, CausedEmission[]>();
  for (const emission of emissions) groups.set(emission.causedBy, [...(groups.get(emission.causedBy) ?? []), emission]);
  return groups;
}

const Level: FC<{ of: string; by: ReadonlyMap<string, readonly CausedEmission[]> }> = ({ of, by }) => (
  <ul class="tree">
    {(by.get(of) ?? []).map(({ id, signal, receiver, emittedAt }) => (
      <li>
        <a class="name" href={link('emission', { id })}>
          {signal}
        </a>{' '}
        <span class="quiet">
          by {receiver ?? 'a receiver that is gone'}, <Time at={emittedAt} />
        </span>
        {by.has(id) && <Level of={id} by={by} />}
      </li>
    ))}
  </ul>
);

/** The part of a tree that one receiver of the emission has caused. */
export function ofReceiver({ emissions, more }: Caused, emissionId: string, receiver: string): Caused {
  const kept = new Set([emissionId]);
  const mine = emissions.filter((each) => {
    // Level by level: what caused an emission is before it.
    const isMine = each.causedBy === emissionId ? each.receiver === receiver : kept.has(each.causedBy);
    if (isMine) kept.add(each.id);
    return isMine;
  });
  return { emissions: mine, more };
}

/** Terms of a list: the receiver that emitted, and the emission that it had. */
export const CausedBy: FC<{ cause: EmissionCauseInfo | undefined }> = ({ cause }) =>
  cause === undefined ? null : (
    <>
      <dt>Caused by</dt>
      <dd>
        {cause.emissionId !== undefined && cause.receiver !== undefined ? (
          <a href={link('delivery', { emission: cause.emissionId, receiver: cause.receiver })}>{cause.receiver}</a>
        ) : (
          (cause.receiver ?? 'a receiver that is gone')
        )}
        {cause.emissionId !== undefined && (
          <a class="sub mono" href={link('emission', { id: cause.emissionId })}>
            {cause.emissionId}
          </a>
        )}
      </dd>
    </>
  );
