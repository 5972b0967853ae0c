// A process that emits and works, on the driver that DRIVER names, until it is asked to end. It reports each committed
// emit and each change in the state of its worker, and logs as any application does.
import 'reflect-metadata';
import { createSignalbox } from '../../../src/index.ts';
import { release, tell, told } from '../../processes/parent.ts';
import { connect } from './connect.ts';
import { Effects, happened } from './receivers.ts';

const { FIRST: first } = process.env;

const { db, end } = connect();
const box = createSignalbox({ db, services: [Effects] });
let changes = 0;
for (const event of ['worker.failing', 'worker.recovered'] as const) box.on(event, () => tell(`${++changes} ${event}`));

const enough = new AbortController();
void told('end').then(() => enough.abort());
const worker = box.worker({ concurrency: 3, pollInterval: 100 });
await worker.start();
tell('worker.started');
for (let value = Number(first); !enough.signal.aborted; value++) {
  try {
    await db.transaction(async (tx) => void (await happened.emitReliable(tx, { value })));
    tell(`emitted ${value}`);
  } catch {
    tell(`refused ${value}`);
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
}
tell('emits no more');
await told('stop');
await box.close();
await end();
release();
// postgres.js may connect once more after its end, and would then keep the process alive (docs/guides/drivers.md).
process.exit(0);
