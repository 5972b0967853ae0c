// The channel of notifications.

/** Workers listen here. A notification only says "look now"; nothing depends on it. */
export const CHANNEL = 'signalbox_ready';
