// The address of an emission's trace, of the W3C header that it was sent with and of the option `traceUrl`. The header is data, and so is what
// a function of the application returns: an address of http or https is a link, anything else is none. Pure.

/** Stands in a template for the id of the trace. */
export const TRACE_ID = '{traceId}';

/** @param headers those of an emission, as JSON text */
export type TraceLink = (headers: string | undefined) => string | undefined;

const PARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

export function traceLink(url: string | ((traceId: string) => string | undefined) | undefined): TraceLink {
  if (url === undefined) return () => undefined;
  const addressOf = typeof url === 'string' ? (traceId: string): string => url.replaceAll(TRACE_ID, traceId) : url;
  return (headers) => {
    const traceId = traceIdOf(headers);
    if (traceId === undefined) return undefined;
    try {
      return webUrl(addressOf(traceId));
    } catch {
      // A page does not fail for a link.
      return undefined;
    }
  };
}

/** The address in its normal form, if a browser may be led there. */
export function webUrl(address: unknown): string | undefined {
  if (typeof address !== 'string' || !URL.canParse(address)) return undefined;
  const { protocol, href } = new URL(address);
  return protocol === 'https:' || protocol === 'http:' ? href : undefined;
}

/** https://www.w3.org/TR/trace-context/#traceparent-header */
function traceIdOf(headers: string | undefined): string | undefined {
  if (headers === undefined) return undefined;
  const { traceparent } = JSON.parse(headers) as { readonly traceparent?: unknown };
  return typeof traceparent === 'string' ? PARENT.exec(traceparent)?.[1] : undefined;
}
