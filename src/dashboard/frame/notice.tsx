// The word on what was done, above the page to which an act leads. It comes with the address, so it is one of a few sentences with a number: an
// address that was made up can say no more than these.
import type { FC } from 'hono/jsx';

const plural = (n: number): string => (n === 1 ? '1 delivery' : `${n} deliveries`);

const SENTENCES: Readonly<Record<string, (n: number) => string>> = {
  retried: (n) => (n === 0 ? 'Nothing was left to retry: it has changed meanwhile.' : `${plural(n)} will run again.`),
  replayed: (n) => (n === 0 ? 'Nothing was left to replay: it has changed meanwhile.' : `${plural(n)} will run once more, from the start.`),
  cancelled: (n) => (n === 0 ? 'Nothing was left to cancel: it has changed meanwhile.' : `${plural(n)} cancelled.`),
  paused: (n) => (n === 0 ? 'It was paused already.' : 'Paused. What runs goes on; nothing more begins.'),
  resumed: (n) => (n === 0 ? 'It was not paused.' : 'Resumed.'),
  stopped: () => 'Stopped. What it has done stays.',
  same: () => 'An errand that is not finished does the same: this one.',
  begun: () => 'Begun. Workers carry it on; this page shows how far it has come.',
  retired: (n) => (n === 0 ? 'It was retired already.' : 'Retired. Nothing more is stored for it.'),
};

/** `retried.2`: a word and a number. */
export const noticeOf = (word: string, n: number): string => `${word}.${n}`;

export const Notice: FC<{ done: string | null }> = ({ done }) => {
  const [, word = '', n = ''] = /^([a-z]+)\.(\d{1,9})$/.exec(done ?? '') ?? [];
  const sentence = Object.hasOwn(SENTENCES, word) ? SENTENCES[word]!(Number(n)) : undefined;
  return sentence === undefined ? null : (
    <p class="notice" role="status">
      {sentence}
    </p>
  );
};
