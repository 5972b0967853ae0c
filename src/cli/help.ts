// The help text of the command line as a whole, and the error for an invalid command line. Each verb has its own
// options.

export const HELP = `Usage: signalbox <command> [options]

Commands:
  worker      run deliveries until SIGTERM or SIGINT
  announce    write the receivers into the catalogue: the step of a deploy
  migrate     apply the migrations of a Drizzle folder, once, however many start at once
  tuning      print the storage settings of the tables, as SQL for a migration of yours

  signalbox <command> --help   the options of a command
  signalbox --version`;

const USAGE = `Usage: signalbox <command> [options]
Commands: worker, announce, migrate, tuning. More: signalbox --help`;

/** The command line is invalid. It ends the process with code 2, as in other commands. */
export class UsageError extends Error {
  readonly usage: string;

  /** @param usage the valid form, in a line or two */
  constructor(message: string, usage: string = USAGE) {
    super(message);
    this.name = 'UsageError';
    this.usage = usage;
  }
}
