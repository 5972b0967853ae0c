// The stored form of an emission: how a payload becomes JSON text and how it is read back.
// Every fault that a payload can have is found here, before any SQL is sent.
import { prettifyError, safeDecodeAsync, safeEncodeAsync, type $ZodError } from 'zod/v4/core';
import { SignalboxError } from '../errors.ts';
import { findJsonFault } from './json.ts';
import type { Signal } from './signal.ts';
import { findThenable, isThenable } from './thenable.ts';
import { errorReport } from './error-report.ts';

const MAX_HEADERS_BYTES = 16 * 1024;

/**
 * Validates and encodes a payload.
 * @returns JSON text
 * @throws SignalboxError `InvalidPayload`, `PayloadNotStorable`, `PayloadTooLarge`
 */
export async function encodePayload(signal: Signal, payload: unknown): Promise<string> {
  const thenable = findThenable(payload);
  // Wrapped in an object: an async function would await a thenable that it returns.
  const { stored } = thenable === undefined ? await encode(signal, payload) : {};
  const fault =
    thenable === undefined ? findJsonFault(stored) : { path: thenable, reason: 'it has a then function; await it before the emit' };
  if (fault)
    throw new SignalboxError('PayloadNotStorable', `The payload of ${signal.name} cannot be stored: at ${fault.path}, ${fault.reason}.`, {
      details: { path: fault.path },
    });
  const json = JSON.stringify(stored);
  const bytes = byteLength(json);
  if (bytes > signal.maxPayloadBytes)
    throw new SignalboxError(
      'PayloadTooLarge',
      `The payload of ${signal.name} has ${bytes} bytes of JSON, ${signal.maxPayloadBytes} are allowed. Store the large part in a table and send its id, or raise maxPayloadBytes.`,
      { details: { bytes, maxPayloadBytes: signal.maxPayloadBytes } },
    );
  return json;
}

async function encode(signal: Signal, payload: unknown): Promise<{ readonly stored: unknown }> {
  try {
    const { data, error } = await safeEncodeAsync(signal.schema, payload);
    if (error) throw error;
    return { stored: data };
  } catch (cause) {
    throw new SignalboxError('InvalidPayload', `The payload of ${signal.name} does not match its schema: ${explain(cause)}`, { cause });
  }
}

/**
 * Reads a stored payload with the schema of its signal. An older payload is upcast to the signal's version first.
 * @param version the version that the payload was stored under
 * @throws SignalboxError `StoredPayloadInvalid`
 */
export async function decodePayload(signal: Signal, json: string, version: number): Promise<unknown> {
  try {
    const stored: unknown = JSON.parse(json);
    const current = version < signal.version && signal.upcast ? signal.upcast(stored, version) : stored;
    const { data, error } = await safeDecodeAsync(signal.schema, (isPromise(current) ? await current : refuseThenable(current)) as never);
    if (error) throw error;
    return refuseThenable(data);
  } catch (cause) {
    const versions = version === signal.version ? `version ${version}` : `version ${signal.version}, stored as ${version}`;
    const mend =
      version === signal.version
        ? 'If the shape has changed, give the signal a new version and an upcast.'
        : version < signal.version
          ? 'Give the signal an upcast that brings it to the new shape.'
          : 'A newer release has stored it; let that one run its receivers.';
    throw new SignalboxError(
      'StoredPayloadInvalid',
      `The stored payload of ${signal.name} does not match its schema (${versions}): ${explain(cause)} ${mend}`,
      { cause },
    );
  }
}

function refuseThenable(value: unknown): unknown {
  if (!isThenable(value)) return value;
  throw new TypeError('What its codec or upcast makes has a then function, so it cannot be handed on. Return a value, or a Promise of one');
}

/** Whether a value is a promise, of this realm or another. */
const isPromise = (value: unknown): boolean => Object.prototype.toString.call(value) === '[object Promise]';

/**
 * Checks headers.
 * @returns JSON text, or null for none.
 * @throws SignalboxError `PayloadNotStorable`, `PayloadTooLarge`
 */
export function encodeHeaders(signalName: string, headers: Readonly<Record<string, string>> | undefined): string | null {
  if (headers === undefined || Object.keys(headers).length === 0) return null;
  for (const [key, value] of Object.entries(headers)) {
    const fault = findJsonFault(key) ?? (typeof value === 'string' ? findJsonFault(value) : { reason: 'it is no text' });
    if (fault) {
      const path = `headers[${JSON.stringify(key)}]`;
      throw new SignalboxError('PayloadNotStorable', `${path} of ${signalName} cannot be stored: ${fault.reason}.`, { details: { path } });
    }
  }
  const json = JSON.stringify(headers);
  const bytes = byteLength(json);
  if (bytes > MAX_HEADERS_BYTES)
    throw new SignalboxError(
      'PayloadTooLarge',
      `The headers of ${signalName} have ${bytes} bytes of JSON, ${MAX_HEADERS_BYTES} are allowed.`,
      {
        details: { bytes, maxPayloadBytes: MAX_HEADERS_BYTES },
      },
    );
  return json;
}

/** Bytes of `text` as UTF-8. */
function byteLength(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x80) bytes += code >= 0x800 && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

function explain(cause: unknown): string {
  const text = isZodError(cause) ? prettifyError(cause).replaceAll('\n', ' ') : errorReport(cause).message;
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function isZodError(error: unknown): error is $ZodError {
  return typeof error === 'object' && error !== null && 'issues' in error && Array.isArray(error.issues);
}
