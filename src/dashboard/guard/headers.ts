// The headers of every answer: nothing is loaded from elsewhere, nothing inline runs, no other site frames or caches a page.
import { randomBytes } from 'node:crypto';

export const newNonce = (): string => randomBytes(16).toString('base64url');

/** @param nonce of the elements of this page that load the script and the style sheet; an answer without any needs none */
export function guardHeaders(nonce?: string): Readonly<Record<string, string>> {
  const own = nonce === undefined ? "'none'" : `'nonce-${nonce}'`;
  const policy = [
    "default-src 'none'",
    `script-src ${own}`,
    `style-src ${own}`,
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    // Not no-referrer: browsers then send the forms of a page with the origin null.
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
  };
}
