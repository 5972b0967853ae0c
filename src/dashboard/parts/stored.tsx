// What an emission holds: its payload and its headers, for those who may see them.
import type { FC } from 'hono/jsx';
import { link } from '../links.ts';
import { JsonText, Withheld } from './text.tsx';

interface StoredOf {
  /** `undefined`: the emission was deleted. */
  readonly payload: string | undefined;
  readonly headers: string | undefined;
  readonly emissionId: string;
  readonly texts: boolean;
  /** The address of the trace in which it was emitted. */
  readonly trace: string | undefined;
}

export const Stored: FC<StoredOf> = ({ payload, headers, emissionId, texts, trace }) => (
  <section class="card" aria-labelledby="payload">
    <div class="card-head">
      <h2 id="payload">Payload</h2>
      <span class="words">
        {texts && trace !== undefined && (
          <a href={trace} rel="noreferrer" data-turbo="false">
            Trace
          </a>
        )}
        {texts && payload !== undefined && (
          <a href={link('payload', { id: emissionId })} data-turbo="false">
            As a file
          </a>
        )}
      </span>
    </div>
    <div class="card-body">
      {!texts ? (
        <Withheld what="this" />
      ) : payload === undefined ? (
        <p class="quiet">The emission was deleted, and its payload with it.</p>
      ) : (
        <JsonText json={payload} of="the payload" file={link('payload', { id: emissionId })} />
      )}
      {texts && headers !== undefined && (
        <>
          <h3>Headers</h3>
          <JsonText json={headers} of="the headers" />
        </>
      )}
    </div>
  </section>
);
