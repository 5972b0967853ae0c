// The stream of a page that stays open: its content again whenever it has changed, which the browser morphs into the page, so that scroll,
// selection and what is typed survive. It is made like the page itself, by the same route with the same questions to `authorize`, so a
// person whose permission is gone sees nothing more.
//
// A page that is slow to make is made more rarely: the database spends a fifth of its time on it at most.
import { setTimeout as wait } from 'node:timers/promises';

export interface LiveOptions {
  readonly everyMs: number;
  /** The stream ends after this time, and the browser opens the next: with the cookies that it has by then. */
  readonly lifeMs: number;
  /** Called once nothing is sent any more. */
  readonly onEnd?: () => void;
}

export const LIVE: LiveOptions = { everyMs: 2_000, lifeMs: 300_000 };

/** Pauses after a page, as a multiple of the time that it took. */
const SHARE = 4;
/** A word to proxies that end silent connections. */
const SILENT_MS = 15_000;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // nginx would hold the events back.
  'x-accel-buffering': 'no',
};

/**
 * @param content the markup of the page's content; `undefined` ends the stream
 * @param closed the browser's end of the request
 */
export function liveStream(content: () => Promise<string | undefined>, closed: AbortSignal, options: LiveOptions = LIVE): Response {
  const over = new AbortController();
  const signal = AbortSignal.any([closed, over.signal]);
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      // Not awaited: a stream that is being started gives nothing out.
      void run(content, signal, controller, options).finally(options.onEnd);
    },
    cancel: () => over.abort(),
  });
  return new Response(body, { headers: HEADERS });
}

async function run(
  content: () => Promise<string | undefined>,
  signal: AbortSignal,
  controller: ReadableStreamDefaultController<Uint8Array>,
  { everyMs, lifeMs }: LiveOptions,
): Promise<void> {
  const encoder = new TextEncoder();
  const send = (text: string): void => controller.enqueue(encoder.encode(text));
  const end = performance.now() + lifeMs;
  let last: string | undefined;
  let spoke = performance.now();
  let pause = everyMs;
  try {
    send(': \n\n');
    while (performance.now() < end) {
      await wait(pause, undefined, { signal, ref: false });
      // A browser that does not read gets nothing more until it does.
      if ((controller.desiredSize ?? 0) <= 0) continue;
      const begun = performance.now();
      const markup = await content();
      if (markup === undefined) break;
      pause = Math.max(everyMs, (performance.now() - begun) * SHARE);
      if (last === undefined) send('retry: 2000\n\n');
      if (markup !== last) send(eventOf(markup));
      else if (performance.now() - spoke > SILENT_MS) send(': \n\n');
      else continue;
      last = markup;
      spoke = performance.now();
    }
  } catch {
    // The browser has gone, or the page cannot be made. It asks again, though not at once: a page that was too slow is not to be made at that pace.
    if (!signal.aborted) send('retry: 30000\n\n');
  }
  close(controller);
}

/** One action of Turbo, as an event. */
const eventOf = (markup: string): string =>
  `<turbo-stream action="update" method="morph" target="content"><template>${markup}</template></turbo-stream>`
    .split('\n')
    .map((line) => `data: ${line}\n`)
    .join('')
    .concat('\n');

function close(controller: ReadableStreamDefaultController<Uint8Array>): void {
  try {
    controller.close();
  } catch {
    // Closed by the browser.
  }
}
