// The token of forms: made of a secret that the browser keeps in a cookie, and of the name of the person. So it needs no store, holds in every
// process, and ends with the browser's session. A site that could set that cookie from a neighbouring domain is refused by its origin.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const COOKIE = 'signalbox-dashboard';
const SECRET = /^[\w-]{43}$/;
/** The field of a form. */
export const TOKEN_FIELD = 'csrf';

export interface BrowserSecret {
  readonly secret: string;
  /** The header that gives it to the browser; `undefined` if the browser has it. */
  readonly setCookie: string | undefined;
}

/** The secret of a browser, a new one if it has none. */
export function secretOf({ url, headers }: Pick<Request, 'url' | 'headers'>): BrowserSecret {
  const kept = cookieOf(headers, COOKIE);
  if (kept !== undefined && SECRET.test(kept)) return { secret: kept, setCookie: undefined };
  const secret = randomBytes(32).toString('base64url');
  const isSecure = url.startsWith('https:') || headers.get('x-forwarded-proto')?.split(',', 1)[0]?.trim() === 'https';
  return { secret, setCookie: `${COOKIE}=${secret}; Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}` };
}

export const tokenOf = (secret: string, name: string): string => createHmac('sha256', secret).update(name).digest('base64url');

/** Whether a form has the token of this browser and person. */
export function hasToken(form: URLSearchParams, { headers }: Pick<Request, 'headers'>, name: string): boolean {
  const secret = cookieOf(headers, COOKIE);
  const given = Buffer.from(form.get(TOKEN_FIELD) ?? '');
  if (secret === undefined || !SECRET.test(secret)) return false;
  const wanted = Buffer.from(tokenOf(secret, name));
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** The value of a cookie of a request. */
export function cookieOf(headers: Headers, name: string): string | undefined {
  const pairs = (headers.get('cookie') ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
