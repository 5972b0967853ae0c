// The dashboard under servers that speak Node's own requests and answers: Express, Fastify, NestJS, node:http.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A request of Node's, with what frameworks add. */
export interface NodeRequest extends IncomingMessage {
  /** The address as it came, where a framework takes the prefix away from `url`: as Express does. */
  originalUrl?: string;
  /** The body, where a parser has read it already. */
  body?: unknown;
}

/**
 * Makes a handler of fetch one of Node's requests and answers, for Express, Fastify, NestJS or `node:http`. Never rejects, also when the
 * browser goes away in the middle of an answer.
 * @example express().use('/ops/signals', nodeHandler(dashboard(box, { authorize })));
 */
export function nodeHandler(
  handle: (request: Request) => Promise<Response>,
): (request: NodeRequest, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      const asked = requestOf(request, gone.signal);
      if (asked === undefined) response.writeHead(400).end();
      else await send(await handle(asked), response);
    } catch {
      // The browser is gone, or its request had no end: there is nobody to tell.
      response.destroy();
    }
  };
}

/** `undefined` for what names no address, as a proxy's request does. */
function requestOf(incoming: NodeRequest, signal: AbortSignal): Request | undefined {
  const { method = 'GET', headers: given, rawHeaders } = incoming;
  const scheme = 'encrypted' in incoming.socket ? 'https' : 'http';
  const path = incoming.originalUrl ?? incoming.url ?? '/';
  const url = `${scheme}://${given.host ?? 'localhost'}${path}`;
  if (!path.startsWith('/') || !URL.canParse(url)) return undefined;
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (!rawHeaders[at]!.startsWith(':')) headers.append(rawHeaders[at]!, rawHeaders[at + 1]!);
  if (method === 'GET' || method === 'HEAD') return new Request(url, { method, headers, signal });
  return new Request(url, { method, headers, signal, body: bodyOf(incoming), duplex: 'half' });
}

/** What was read already is written again: a parser before us has emptied the stream. */
function bodyOf(incoming: NodeRequest): NonNullable<RequestInit['body']> {
  const { body } = incoming;
  if (typeof body === 'string') return body;
  if (Buffer.isBuffer(body)) return new Uint8Array(body);
  if (typeof body === 'object' && body !== null) return formOf(body);
  return Readable.toWeb(incoming) as NonNullable<RequestInit['body']>;
}

function formOf(body: object): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(body))
    for (const each of Array.isArray(value) ? value : [value]) if (typeof each === 'string') form.append(name, each);
  return form.toString();
}

async function send({ status, headers, body }: Response, response: ServerResponse): Promise<void> {
  for (const [name, value] of headers) if (name !== 'set-cookie') response.setHeader(name, value);
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) response.setHeader('set-cookie', cookies);
  response.writeHead(status);
  if (body === null) response.end();
  else await pipeline(Readable.fromWeb(body), response);
}
