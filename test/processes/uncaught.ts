// Each program loads this file first: it reports uncaught errors and unhandled rejections on standard error. The
// process then ends as Node ends it. See program.ts, which fails the test.
import { writeSync } from 'node:fs';

process.on('uncaughtExceptionMonitor', (_error, origin) => void writeSync(process.stderr.fd, `UNCAUGHT (${origin})\n`));
