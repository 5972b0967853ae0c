// Runs before every test file: decorators that record types need the metadata API. The tests of the examples find their server as those
// of any application do, by DATABASE_URL.
import 'reflect-metadata';
import { expect, inject } from 'vitest';

if (expect.getState().testPath?.includes('/examples/')) process.env['DATABASE_URL'] = inject('databaseUrl');
