// Loaded first by each program: marks on standard error that no code caught an error, whether it was thrown or a promise
// was rejected with it. The process then ends as Node ends it. See program.ts, which fails the test.
import { writeSync } from 'node:fs';

process.on('uncaughtExceptionMonitor', (_error, origin) => void writeSync(process.stderr.fd, `UNCAUGHT (${origin})\n`));
