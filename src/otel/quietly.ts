// Telemetry decides nothing: if a span processor, an exporter or an instrument throws, the emit and the receiver go on
// without it.
import { diag } from '@opentelemetry/api';

/** Returns the result of `work`, or `otherwise` if it throws, and reports the error to OpenTelemetry's own log. */
export function quietly<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch (error) {
    diag.error('signalbox: telemetry failed', error);
    return otherwise;
  }
}
