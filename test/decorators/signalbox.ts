// What the cases use, from the source; the compiled cases get the built package in its place.
export * from '../../src/index.ts';
export { receiversOf } from '../../src/registry/receivers.ts';
export { callOf } from '../../src/registry/invoke.ts';
export { Registry } from '../../src/registry/registry.ts';
export type { Receiver } from '../../src/core/receivers.ts';
