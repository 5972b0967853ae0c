// The imports of the cases, from the source; the compiled cases get the built package instead.
export * from '../../src/index.ts';
export { receiversOf } from '../../src/receivers/register.ts';
export { callOf } from '../../src/receivers/invoke.ts';
export { Registry } from '../../src/container/registry.ts';
export type { Receiver } from '../../src/core/receivers.ts';
