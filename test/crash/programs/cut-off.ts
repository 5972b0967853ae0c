// A worker whose connections a test cuts. It starts again until it has started, and runs until SIGTERM.
import 'reflect-metadata';
import { createSignalbox } from '../../../src/index.ts';
import { release, tell, told } from '../../processes/parent.ts';
import { connect } from './connect.ts';
import { Effects, holds } from './receivers.ts';

const { db, end } = connect();
const box = createSignalbox({ db, services: [Effects], log: false });
const events = ['worker.started', 'worker.stopping', 'worker.stopped', 'worker.failing'] as const;
for (const event of events) box.on(event, () => tell(event));
if (process.env['HOLD'] === 'called')
  holds.at = async (point) => {
    tell(point);
    if (point === 'called') await new Promise(() => {});
  };

let started = false;
box.on('worker.started', () => (started = true));
const go = told('go');
tell('ready');
await go;
for (;;) {
  try {
    await box.worker({ lease: '2s', pollInterval: 100, shutdownTimeout: '30s' }).run();
    break;
  } catch (error) {
    if (started) throw error;
    tell('refused');
  }
}
await box.close();
await end();
release();
// postgres.js may connect once more after its end, and would then keep the process alive (docs/guides/drivers.md).
process.exit(0);
