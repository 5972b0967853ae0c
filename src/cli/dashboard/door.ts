// The door of a dashboard that stands alone on this machine: who has read the printed address comes in, once, and from then on with a cookie.
// The race: a page of another site, open in the same browser, can send requests to this port, and by a name of its own that leads to this
// machine (DNS rebinding) even read the answers. So the Host of each request must be ours; the token is in no page and no later address; the
// cookie is sent by no other site; and what a program on this machine may guess is 256 bits long.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { cookieOf } from '../../dashboard/guard/csrf.ts';

export interface Door {
  /** For the printed address. It works once. */
  readonly token: string;
  /** The answer to a request that does not come in, or that comes in with the token; `undefined` for one that is in. */
  answer(request: Request): Response | undefined;
}

/** @param port on which it is served; only addresses with it are ours */
export function makeDoor(port: number): Door {
  const token = randomBytes(32).toString('base64url');
  const session = randomBytes(32).toString('base64url');
  // Cookies are the same for all ports of a host: another dashboard has its own.
  const cookie = `signalbox-${port}`;
  let isUsed = false;
  const enter = (): Response => {
    isUsed = true;
    const headers = { location: './', 'set-cookie': `${cookie}=${session}; Path=/; HttpOnly; SameSite=Strict` };
    return refuse(303, '', headers);
  };
  return {
    token,
    answer: ({ url, method, headers }) => {
      const { pathname, searchParams } = new URL(url);
      if (!isOurs(headers.get('host'), port)) return refuse(403, `Open it as http://127.0.0.1:${port}/. This address is not its own.`);
      const given = searchParams.get('token');
      if (method === 'GET' && pathname === '/' && given !== null && !isUsed && isSame(given, token)) return enter();
      const kept = cookieOf(headers, cookie);
      if (kept !== undefined && isSame(kept, session)) return given === null ? undefined : refuse(303, '', { location: './' });
      return refuse(
        401,
        'Open the address that signalbox dashboard printed. It works once, in one browser: start the command again for another.',
      );
    },
  };
}

const isOurs = (host: string | null, port: number): boolean =>
  ['127.0.0.1', 'localhost', '[::1]'].some((name) => host === `${name}:${port}`);

/** In a time that does not tell how much of it is right. */
function isSame(given: string, wanted: string): boolean {
  const [a, b] = [given, wanted].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(a!, b!);
}

function refuse(status: number, sentence: string, more: Readonly<Record<string, string>> = {}): Response {
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...more,
  };
  return new Response(sentence === '' ? null : `${sentence}\n`, { status, headers });
}
