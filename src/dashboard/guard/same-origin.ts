// Whether a request that changes something comes from a page of the same origin. Pure. Other sites can make a browser send requests with the
// person's cookies, but not with headers of their choice.

/**
 * The browser says where a request comes from (Sec-Fetch-Site), on every origin that it trusts; elsewhere, such as on plain http, Origin must
 * name the host that was asked, as the browser or a proxy names it. Without either it is no browser of today, and refused.
 */
export function isSameOrigin({ url, headers }: Pick<Request, 'url' | 'headers'>): boolean {
  const site = headers.get('sec-fetch-site');
  if (site !== null) return site === 'same-origin';
  const origin = headers.get('origin');
  if (origin === null || !URL.canParse(origin)) return false;
  const forwarded = headers.get('x-forwarded-host')?.split(',', 1)[0]?.trim();
  return [new URL(url).host, headers.get('host'), forwarded].includes(new URL(origin).host);
}
