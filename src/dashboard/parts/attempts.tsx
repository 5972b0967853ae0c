// The failed runs of a delivery, and the time that it has been through.
import type { FC } from 'hono/jsx';
import type { DetailedFailure } from '../../store/operations/details.ts';
import type { DeliveryDetails } from '../../operate/reads.ts';
import { Folded, LongText } from './text.tsx';
import { Lamp } from './states.tsx';
import { Time } from './values.tsx';

/** Of the latest; a delivery that has failed a thousand times has no page of a thousand stacks. */
const SHOWN = 20;

export const Attempts: FC<{ delivery: Pick<DeliveryDetails, 'errors' | 'moreErrors'>; texts: boolean }> = ({
  delivery: { errors, moreErrors },
  texts,
}) => (
  <section class="card" aria-labelledby="attempts">
    <div class="card-head">
      <h2 id="attempts">Failed attempts</h2>
      {(moreErrors || errors.length > SHOWN) && <span class="quiet">the latest {Math.min(errors.length, SHOWN)}</span>}
    </div>
    <ol class="timeline" reversed>
      {errors
        .slice(-SHOWN)
        .toReversed()
        .map((failure) => (
          <Attempt failure={failure} texts={texts} />
        ))}
    </ol>
  </section>
);

const Attempt: FC<{ failure: DetailedFailure; texts: boolean }> = ({ failure: { attempt, at, name, message, code, stack }, texts }) => (
  <li>
    <Lamp state="dead" />
    <div class="timeline-head">
      <span>
        <span class="error-name">{name}</span> {code !== undefined && <code>{code}</code>}
      </span>
      <span class="quiet">
        attempt {attempt}, <Time at={at} />
      </span>
    </div>
    {texts && <p class="error-text">{message}</p>}
    {texts && stack !== undefined && (
      <Folded summary="Stack">
        <LongText text={stack} of="the stack" />
      </Folded>
    )}
  </li>
);

/** What has happened to a delivery, in the order of its times. */
export const Timeline: FC<{ delivery: DeliveryDetails }> = ({ delivery }) => (
  <section class="card" aria-labelledby="timeline">
    <h2 id="timeline">Timeline</h2>
    <ol class="timeline">
      {momentsOf(delivery).map(({ state, what, at }) => (
        <li>
          <Lamp state={state} />
          <div class="timeline-head">
            <span>{what}</span>
            <Time at={at} />
          </div>
        </li>
      ))}
    </ol>
  </section>
);

interface Moment {
  readonly state: string;
  readonly what: string;
  readonly at: Date;
}

function momentsOf({ emittedAt, errors, moreErrors, runAt, finishedAt, state }: DeliveryDetails): Moment[] {
  const failed = errors.slice(-SHOWN);
  const isCut = moreErrors || failed.length < errors.length;
  return [
    ...(emittedAt ? [{ state: 'cancelled', what: 'emitted', at: emittedAt }] : []),
    ...failed.map(({ at, attempt, name }, index) => ({
      state: 'retrying',
      what: `attempt ${attempt} failed: ${name}${isCut && index === 0 ? ', after others' : ''}`,
      at,
    })),
    ...(runAt && state === 'ready' ? [{ state: 'ready', what: 'due', at: runAt }] : []),
    ...(finishedAt ? [{ state, what: state, at: finishedAt }] : []),
  ].toSorted((a, b) => a.at.getTime() - b.at.getTime());
}
