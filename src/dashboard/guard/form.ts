// Reads the form of a request: of one kind, and to a limit.
import { Refusal } from './refusal.ts';

const LONGEST = 64 * 1_024;

/** @throws Refusal for a body that is no form, or too long */
export async function formOf(request: Request): Promise<URLSearchParams> {
  const [type = ''] = (request.headers.get('content-type') ?? '').split(';', 1);
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded')
    throw new Refusal(415, 'This address takes the forms of its pages only.');
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > LONGEST) throw new Refusal(413, 'The form is longer than 64 kB.');
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString());
}
