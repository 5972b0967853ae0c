// What the command line understands, and the error for what it does not.

export const HELP = `Usage: signalbox <command> [options]

Commands:
  worker      run deliveries until SIGTERM or SIGINT

  signalbox <command> --help   the options of a command
  signalbox --version`;

const USAGE = `Usage: signalbox <command> [options]
Commands: worker. More: signalbox --help`;

export const WORKER_HELP = `Usage: signalbox worker [options]

Runs the deliveries of the box that signalbox.config.ts (.js, .mjs) exports as its default,
until SIGTERM or SIGINT. A second signal interrupts what still runs.

Options:
  --config <file>       the configuration, if it is not in the current folder
  --concurrency <n>     deliveries that run at once (default 10, or what the pool has room for)
  --queues <a,b>        serve only receivers of these queues (default all)
  --once                do what is due now, then exit
  --help                show this

SIGNALBOX_LOG_LEVEL (debug, info, warn, error, silent) sets how much is logged; info by default.`;

export const WORKER_USAGE = `Usage: signalbox worker [--config <file>] [--concurrency <n>] [--queues <a,b>] [--once]
More: signalbox worker --help`;

/** The command line makes no sense: ends the process with code 2, as other commands do. */
export class UsageError extends Error {
  readonly usage: string;

  /** @param usage what would make sense, in a line or two */
  constructor(message: string, usage: string = USAGE) {
    super(message);
    this.name = 'UsageError';
    this.usage = usage;
  }
}
