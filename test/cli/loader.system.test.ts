// Which loader compiles the configuration: the command's own, unless Node was started with another.
import { expect, test } from 'vitest';
import { createCliProject } from './support.ts';

/** Stands in for tsx, of which it does what matters: esbuild compiles standard decorators, which our own loader refuses. */
const OTHER_LOADER = `
import { register } from 'node:module';
register('./hooks.mjs', import.meta.url);
`;

const OTHER_HOOKS = `
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const text = readFileSync(fileURLToPath(url), 'utf8');
  return { format: 'module', source: transformSync(text, { loader: 'ts', target: 'es2022' }).code, shortCircuit: true };
}
`;

const STANDARD_SERVICES = `
import { inject, OnSignal, Service } from 'signalbox';
import { happened } from './signals.js';

@Service()
export class Clock {}

@Service()
export class Listener {
  clock = inject(Clock);
  @OnSignal(happened)
  async receive(payload: { value: string }): Promise<void> {}
}

@Service()
export class Mail {}

console.log('ours is registered:', Symbol.for('@oxc-node/core:helperResolvers') in globalThis);
`;

test.each([
  ['on the command line', ['--import', 'tsx'], {}],
  ['in NODE_OPTIONS', [], { NODE_OPTIONS: '--import=tsx' }],
])('TypeScript is left to a loader that is named %s', async (_where, args, environment) => {
  await using project = await createCliProject({ without: ['tsx'] });
  await project.write('node_modules/tsx/package.json', JSON.stringify({ name: 'tsx', type: 'module', exports: './loader.mjs' }));
  await project.write('node_modules/tsx/loader.mjs', OTHER_LOADER);
  await project.write('node_modules/tsx/hooks.mjs', OTHER_HOOKS);
  await project.write('tsconfig.json', JSON.stringify({ compilerOptions: { target: 'ES2022', module: 'NodeNext' } }));
  await project.write('services.ts', STANDARD_SERVICES);
  Object.assign(project.environment, environment);
  const worker = project.node(...args, 'node_modules/.bin/signalbox', 'worker', '--once');
  expect([await worker.exitCode, worker.output]).toEqual([0, expect.stringMatching(/^ours is registered: false\n.*nothing was due/)]);
});
