// A sender process of a chaos run. Its log, one line before each transaction and one after, is a file, so that it
// survives a kill -9 of the process.
import 'reflect-metadata';
import { closeSync, openSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { createSignalbox } from '../../../src/index.ts';
import { release, tell, told } from '../../processes/parent.ts';
import type { Script } from '../../evidence/evidence.ts';
import { seededRandom } from '../random.ts';
import type { LogLine } from '../sender-log.ts';
import { connect, prepareFor } from './connect.ts';
import { chaos } from './receivers.ts';

const { NAME: name, SEED: seed, LOG: file, PAUSE_MS: pauseMs } = process.env;
const MOST_EMISSIONS = 3;
const ROLLED_BACK_SHARE = 0.15;
const AFTER_REFUSAL_MS = 200;
const SCRIPT_WEIGHTS: readonly (readonly [Script, number])[] = [
  ['fine', 60],
  ['slow', 15],
  ['flaky', 10],
  ['later', 6],
  ['discard', 4],
  ['poison', 5],
];

class RolledBack extends Error {}

const { db, end } = connect(2);
// It has no receivers: its emits reach those of the catalogue.
const box = createSignalbox({ db, services: [], prepare: prepareFor });
const random = seededRandom(Number(seed));
const log = openSync(file!, 'a');
const write = (line: LogLine): void => void writeSync(log, `${JSON.stringify(line)}\n`);

const ending = { told: false };
void told('end').then(() => (ending.told = true));
const pace = { held: false };
process.on('message', (message) => {
  if (message === 'hold' || message === 'go') pace.held = message === 'hold';
});
tell('started');
for (let number = 1; !ending.told; number++) {
  const key = `${name}-${number}`;
  const emissions = random.whole(1, MOST_EMISSIONS);
  const commits = random.next() >= ROLLED_BACK_SHARE;
  const payloads = Array.from({ length: emissions }, () => ({ key, script: random.pick(SCRIPT_WEIGHTS), measure: random.next() }));
  let returned = false;
  write({ key, emissions });
  try {
    await db.transaction(async (tx) => {
      for (const payload of payloads) await chaos.happened.emitReliable(tx, payload);
      if (!commits) throw new RolledBack();
      returned = true;
    });
    write({ key, outcome: 'committed' });
  } catch (error) {
    // COMMIT is sent only after the callback has returned.
    write({ key, outcome: returned ? 'unknown' : 'rolled back' });
    if (!(error instanceof RolledBack)) await pause(AFTER_REFUSAL_MS);
  }
  do await pause(random.next() * 2 * Number(pauseMs));
  while (pace.held && !ending.told);
}
closeSync(log);
await box.close();
await end();
release();
