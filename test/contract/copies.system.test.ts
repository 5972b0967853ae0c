// Several real copies of the built package in one process, as pnpm makes them from two versions of a peer: the box of
// one copy knows the tags, injections and emits of another. A third copy has another format, and is refused by name.
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { installCopy } from '../cli/installed.ts';
import { createDatabase } from '../support/database.ts';
import { createProject, type Project, tsconfig } from '../support/project.ts';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));

/** `signalbox`, `signalbox-two`, and `signalbox-far`, which has another format. */
async function installCopies(project: Project): Promise<void> {
  await installCopy(project.folder);
  const first = path.join(project.folder, 'node_modules/signalbox');
  for (const name of ['signalbox-two', 'signalbox-far'])
    await cp(first, path.join(project.folder, 'node_modules', name), { recursive: true });
  const file = path.join(project.folder, 'node_modules/signalbox-far/dist/core/copies.js');
  const text = await readFile(path.join(dist, 'core/copies.js'), 'utf8');
  expect(text).toContain('export const FORMAT = 1;');
  await writeFile(file, text.replace('export const FORMAT = 1;', 'export const FORMAT = 2;'));
}

/** Valid in both modes of decorators. The types of three copies are three types, so types are not checked. */
const PROGRAM = `
// @ts-nocheck
import 'reflect-metadata';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { z } from 'zod';
import * as one from 'signalbox';
import * as two from 'signalbox-two';
import * as far from 'signalbox-far';
import { SIGNALBOX as nestOne } from 'signalbox/nest';
import { SIGNALBOX as nestTwo } from 'signalbox-two/nest';

const client = postgres(process.env.DATABASE_URL, { max: 6, fetch_types: false, onnotice() {} });
const db = drizzle({ client });
await client\`create table effect (name text, value int)\`;
const paid = two.defineSignal('copies.paid', z.object({ id: z.number() }));
const sent = one.defineSignal('copies.sent', z.object({ id: z.number() }));
const CLOCK = new two.Token('clock');
const note = (db, name, value) => db.execute(sql\`insert into effect values (\${name}, \${value})\`);

@two.Service({ scope: 'transient' })
class Helper { constructor() { Helper.made = (Helper.made ?? 0) + 1; } }

@two.Service({ inject: [two.Db, CLOCK] })
class Listed {
  helper = two.inject(Helper);
  constructor(db, clock) { this.db = db; this.clock = clock; }
  @two.OnSignal(paid, { retry: { attempts: 2, delay: 0 } })
  async receive({ id }, { attempt }) {
    await note(this.db, 'listed ' + this.clock, id);
    if (attempt === 1) throw new Error('once, after it has written');
  }
}

@one.Service({ inject: [two.Db] })
class Books {
  constructor(db) { this.db = db; }
  @two.Transactional()
  async book(id, fail) {
    await note(this.db, 'booked', id);
    await paid.emitReliable(this.db, { id });
    if (fail) throw new Error('rolled back');
  }
  @two.OnSignal(sent) async onSent({ id }, { tx }) { await note(tx, 'sent', id); }
  @one.OnSignal(paid) async onPaid({ id }, { tx }) { await note(tx, 'paid', id); await sent.emitReliable(tx, { id }); }
  @two.OnSignal(sent) static async unwanted() { throw new two.Discard('not wanted'); }
}

@two.Service()
class Forgotten { @two.OnSignal(sent) async receive() {} }

class Child extends Listed { receive(...args) { return super.receive(...args); } }

const warnings = [];
const log = { debug() {}, info() {}, warn: (_fields, message) => warnings.push(message), error() {}, child: () => log };
const codeOf = (work) => { try { work(); return 'nothing'; } catch (error) { return one.isSignalboxError(error) && error.code + ': ' + error.message.split(' ')[0]; } };
const codeOfAsync = (work) => work().then(() => 'nothing', (error) => one.isSignalboxError(error) && error.code);
const found = {};

const box = one.createSignalbox({ db, services: [Listed, Books], providers: [two.provide(CLOCK, { useValue: 'noon' })], log });
found.tracked = codeOf(() => two.createSignalbox({ db, log })).split(':')[0];
found.same = [one.Db === two.Db, nestOne === nestTwo, one.inject === two.inject];
found.failed = await box.get(Books).book(1, true).catch((error) => error.message);
await box.get(Books).book(2, false);
const drained = await box.drain();
found.drained = drained;
found.effects = (await client\`select name, value from effect order by 1\`).map(({ name, value }) => name + ' ' + value);
found.transient = [box.get(Helper) === box.get(Helper), box.get(Listed).helper instanceof Helper];
box.worker({ concurrency: 1 });
found.warnings = warnings.filter((message) => !message.startsWith('failed'));
found.unprovided = (() => { try { box.get(new two.Token('unknown')); } catch (error) { return error.message; } })();
found.outside = codeOf(() => two.inject(Helper));
await box.close();
found.closed = await codeOfAsync(() => db.transaction((tx) => paid.emitReliable(tx, { id: 3 })));
const inherited = two.createSignalbox({ db, services: [Child], providers: [one.provide(CLOCK, { useValue: 'noon' })], log });
found.inherited = [inherited.get(Child).clock, await inherited.receivers.has(paid)];

/** Tagged by the copy with another format. */
class Tagged { @far.OnSignal(paid) async receive() {} }
class TaggedStatic { @far.OnSignal(paid) static async receive() {} }
@far.Service() class Marked {}
class Heir extends Tagged { @two.OnSignal(sent) async other() {} }
@two.Service({ inject: [far.Db] }) class OfFar { constructor(db) { this.db = db; } }
@two.Service({ inject: [Marked] }) class Needs { constructor(marked) { this.marked = marked; } }
found.far = [Tagged, TaggedStatic, Marked, Heir].map((service) => codeOf(() => inherited.framework.register([service])));
found.farInjected = [OfFar, Needs].map((service) => codeOf(() => inherited.get(service)));
found.farEmit = await codeOfAsync(() => db.transaction((tx) => far.defineSignal('copies.far', z.object({})).emitReliable(tx, {})));
MORE
await inherited.close();
await client.end();
console.log(JSON.stringify(found));
`;

/** The cases that need a compiler that emits types. */
const TYPED = `
@two.Service()
class Typed { constructor(readonly db: two.Db, readonly listed: Listed) {} }
const typed = inherited.get(Typed);
found.typed = [typed.db === inherited.db, typed.listed instanceof Listed];
`;

const EXPECTED = {
  tracked: 'BoxAlreadyOpen',
  same: [true, true, false],
  failed: 'rolled back',
  drained: { completed: 3, retrying: 1, dead: 0, cancelled: 1, released: 0 },
  effects: ['booked 2', 'listed noon 2', 'paid 2', 'sent 2'],
  transient: [false, true],
  warnings: [expect.stringMatching(/^Forgotten has @OnSignal methods and was given to no box/)],
  unprovided: expect.stringContaining('Nothing provides Token(unknown)') as string,
  outside: 'NoInjectionContext: inject(Helper)',
  closed: 'BoxClosed',
  inherited: ['noon', true],
  far: ['Tagged', 'TaggedStatic', 'Marked', 'Tagged'].map((name) => `IncompatibleCopy: ${name}`),
  farInjected: ['IncompatibleCopy: Db', 'IncompatibleCopy: Marked'],
  farEmit: 'IncompatibleCopy',
};

test.each([
  ['legacy', true, TYPED, { ...EXPECTED, typed: [true, true] }],
  ['standard', false, '', EXPECTED],
])(
  '%s decorators of two copies work in one box, and those of a copy with another format are refused',
  async (_mode, legacy, more, expected) => {
    await using database = await createDatabase();
    await using project = await createProject();
    await installCopies(project);
    await project.write('tsconfig.json', tsconfig({ experimentalDecorators: legacy, outDir: 'out' }));
    await project.write('main.ts', PROGRAM.replace('MORE', more));
    await project.run('npx tsc -p tsconfig.json');
    expect(JSON.parse(await project.run('node out/main.js', { DATABASE_URL: database.url }))).toEqual(expected);
  },
);
