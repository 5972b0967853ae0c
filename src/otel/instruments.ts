// The metrics of OpenTelemetry's messaging conventions. Names of signals, receivers and errors are their only labels, never ids.
import { type Attributes, type Counter, type Histogram, type Meter, type MeterProvider, metrics } from '@opentelemetry/api';
import { DURATION_BUCKETS, PROCESS_DURATION, SEND_DURATION, SENT } from './conventions.ts';

interface Made {
  readonly sent: Counter;
  readonly sendDuration: Histogram;
  readonly processDuration: Histogram;
}

export class Instruments {
  readonly #provider: MeterProvider | undefined;
  readonly #version: string;
  #made: Made | undefined;

  constructor(provider: MeterProvider | undefined, version: string) {
    this.#provider = provider;
    this.#version = version;
  }

  /** An emit has ended. @param messages how many emissions it had */
  sent(messages: number, ms: number, attributes: Attributes): void {
    const { sent, sendDuration } = this.#get();
    sent.add(messages, attributes);
    sendDuration.record(ms / 1_000, attributes);
  }

  /** A call of a receiver has ended. */
  processed(ms: number, attributes: Attributes): void {
    this.#get().processDuration.record(ms / 1_000, attributes);
  }

  /** Made at the first use: a global provider that is registered after the box is found. */
  #get(): Made {
    return (this.#made ??= instrumentsOf((this.#provider ?? metrics).getMeter('signalbox', this.#version)));
  }
}

function instrumentsOf(meter: Meter): Made {
  const duration = (name: string, description: string): Histogram =>
    meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries: DURATION_BUCKETS } });
  return {
    sent: meter.createCounter(SENT, { description: 'Emissions that were sent.', unit: '{message}' }),
    sendDuration: duration(SEND_DURATION, 'Duration of emits.'),
    processDuration: duration(PROCESS_DURATION, 'Duration of calls of receivers.'),
  };
}
