// Long texts: payloads, headers and stacks, as text and never as anything else; what is long is collapsed, and what is very long is a file.
import type { Child, FC } from 'hono/jsx';
import { laidOut } from '../json-text.ts';
import { wholeNumber } from './values.tsx';

const COLLAPSED_FROM = 20_000;
/** A page shows no more of one text. */
const SHOWN = 200_000;

export const JsonText: FC<{ json: string; of: string; file?: string }> = ({ json, of, file }) => (
  <LongText text={laidOut(json)} size={json.length} of={of} {...(file !== undefined && { file })} />
);

export const LongText: FC<{ text: string; size?: number; of: string; file?: string }> = ({ text, size = text.length, of, file }) => {
  const rest = text.length - SHOWN;
  const shown = (
    <>
      <pre class="code" tabindex={0}>
        {text.slice(0, SHOWN)}
      </pre>
      {rest > 0 && (
        <p class="quiet">
          {wholeNumber(rest)} characters more.{' '}
          {file && (
            <a href={file} data-turbo="false">
              All of it, as a file
            </a>
          )}
        </p>
      )}
    </>
  );
  return size <= COLLAPSED_FROM ? shown : <Folded summary={`Show ${of}, ${wholeNumber(Math.ceil(size / 1_000))} kB`}>{shown}</Folded>;
};

export const Folded: FC<{ summary: Child; children?: Child }> = ({ summary, children }) => (
  <details>
    <summary>{summary}</summary>
    {children}
  </details>
);

/** In the place of what this person may not see. */
export const Withheld: FC<{ what: string }> = ({ what }) => <p class="quiet">You lack the permission view-payload, which {what} needs.</p>;
