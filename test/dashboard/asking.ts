// Requests to a dashboard, as a browser sends them, for its tests.
import { randomBytes } from 'node:crypto';
import { dashboard, type DashboardOptions } from '../../src/dashboard/dashboard.tsx';
import { tokenOf } from '../../src/dashboard/guard/csrf.ts';
import type { Harness } from '../support/harness.ts';

export const ADA = 'ada@example.com';
export const ORIGIN = 'https://ops.example.com';
export const PREFIX = `${ORIGIN}/ops/signals/`;

export interface Asked {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Browser {
  /** @param address relative to the prefix */
  get(address: string, headers?: Readonly<Record<string, string>>): Promise<Asked>;
  /** Sends a form with the token of Ada's pages, or with the fields alone if `token` is false. */
  post(
    address: string,
    fields?: Readonly<Record<string, string>>,
    how?: { token?: boolean; headers?: Readonly<Record<string, string | undefined>> },
  ): Promise<Asked>;
}

/** A browser that keeps the cookie of the dashboard. By default Ada may do everything. */
export function browse({ box }: Pick<Harness, 'box'>, options: Partial<DashboardOptions> = {}): Browser {
  const handle = dashboard(box, { authorize: () => ({ name: ADA }), log: false, ...options });
  const secret = randomBytes(32).toString('base64url');
  const ask = async (address: string, init: RequestInit): Promise<Asked> => {
    const request = new Request(new URL(address, PREFIX), init);
    if (!request.headers.has('cookie')) request.headers.set('cookie', `signalbox-dashboard=${secret}`);
    const response = await handle(request);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return {
    get: (address, headers = {}) => ask(address, { headers }),
    post: async (address, fields = {}, { token = true, headers = {} } = {}) => {
      const csrf = token ? { csrf: tokenOf(secret, ADA) } : {};
      return ask(address, {
        method: 'POST',
        headers: given({
          'content-type': 'application/x-www-form-urlencoded',
          'sec-fetch-site': 'same-origin',
          origin: ORIGIN,
          ...headers,
        }),
        body: new URLSearchParams({ ...csrf, ...fields }).toString(),
      });
    },
  };
}

/** The headers that are not undefined. */
const given = (headers: Readonly<Record<string, string | undefined>>): [string, string][] =>
  Object.entries(headers).filter((header): header is [string, string] => header[1] !== undefined);
