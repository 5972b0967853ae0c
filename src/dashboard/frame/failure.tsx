// The page that says why there is none: what was refused, what is not there, what was too slow, and what failed.
import { hasConnectionCode, sqlState } from '../../drivers/error-kind.ts';
import { type ErrorCode, isSignalboxError } from '../../errors.ts';
import { Refusal } from '../guard/refusal.ts';
import { link } from '../links.ts';
import type { Content } from '../route.ts';

interface Failure extends Content {
  readonly status: number;
  /** Not a person's doing: it belongs into the log. */
  readonly unexpected: boolean;
}

/** What the messages of these errors say is meant for the person who asked. */
const TOLD: Partial<Record<ErrorCode, number>> = {
  InvalidOption: 400,
  DeliveryNotFound: 404,
  EmissionNotFound: 404,
  ReceiverNotFound: 404,
  QueueNotFound: 404,
  ErrandNotFound: 404,
  ErrandUnfinished: 409,
  ActsAgain: 409,
  MigrationMissing: 503,
  BoxClosed: 503,
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'This cannot be asked',
  403: 'Not for you',
  404: 'Not found',
  409: 'Not now',
  413: 'Too long',
  415: 'Not a form',
  503: 'Not available',
};

/** A statement was cancelled: by the limit of the role, or of the server. */
const CANCELLED = '57014';

export function failureOf(error: unknown): Failure {
  if (error instanceof Refusal) return { ...failure(error.status, [error.message]), headers: error.headers };
  const state = sqlState(error);
  if (state === CANCELLED)
    return failure(
      503,
      [
        'The database ended a statement of this page: it took longer than the statement_timeout of this role allows.',
        'Narrow the filter: name a receiver and a state, or a time. A search in payloads reads every payload that the other members of the filter leave.',
      ],
      'Too slow',
    );
  if (hasConnectionCode(error) || isSignalboxError(error, 'DatabaseUnreachable'))
    return failure(503, ['The database cannot be reached from here. Reload this page when it is back.'], 'No database', true);
  const status = isSignalboxError(error) ? TOLD[error.code] : undefined;
  if (status !== undefined && isSignalboxError(error)) return failure(status, [error.message], undefined, status === 503);
  return failure(500, ['Something failed that should not. The log of this process has the error.'], 'Failed', true);
}

function failure(status: number, sentences: readonly string[], title = TITLES[status] ?? 'Failed', unexpected = false): Failure {
  return {
    status,
    title,
    unexpected,
    body: (
      <section class="blank" role="alert">
        <p class="blank-code">{status}</p>
        <h1>{title}</h1>
        {sentences.map((sentence) => (
          <p>{sentence}</p>
        ))}
        <p>
          <a class="button" href={link('')}>
            To the overview
          </a>
        </p>
      </section>
    ),
  };
}
