// Telemetry decides nothing: where a span processor, an exporter or an instrument throws, the emit and the receiver go on without it.
import { diag } from '@opentelemetry/api';

/** The result of `work`, or `otherwise` if it throws, which OpenTelemetry's own log is told. */
export function quietly<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch (error) {
    diag.error('signalbox: telemetry failed', error);
    return otherwise;
  }
}
