// The names of OpenTelemetry's semantic conventions for messaging that this room uses, as of version 1.37, where they are still
// "in development": https://opentelemetry.io/docs/specs/semconv/messaging/. They are written out here because the package that has
// them changes them in minor releases.

export const SYSTEM = 'messaging.system';
export const OPERATION_NAME = 'messaging.operation.name';
export const OPERATION_TYPE = 'messaging.operation.type';
/** Name of the signal. */
export const DESTINATION = 'messaging.destination.name';
/** Stored name of the receiver. */
export const CONSUMER_GROUP = 'messaging.consumer.group.name';
/** Id of the emission. */
export const MESSAGE_ID = 'messaging.message.id';
export const MESSAGE_COUNT = 'messaging.batch.message_count';
export const ERROR_TYPE = 'error.type';

export const SENT = 'messaging.client.sent.messages';
export const SEND_DURATION = 'messaging.client.operation.duration';
export const PROCESS_DURATION = 'messaging.process.duration';

/** Seconds: the boundaries that the conventions advise for durations. */
export const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** No convention has these. */
export const ATTEMPT = 'signalbox.attempt';
export const QUEUE = 'signalbox.queue';
