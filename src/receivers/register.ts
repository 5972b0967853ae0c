// Makes the receivers of a box from its classes and functions: decides names, defaults and limits.
import { type Duration, toMs } from '../core/duration.ts';
import { ISOLATION_LEVELS } from '../core/isolation.ts';
import { checkOptions, checkValue, type OptionTable } from '../core/options.ts';
import { nameOf } from '../core/copies.ts';
import { type Class, type FunctionTarget, type Receiver, Receivers, type ReceiverTarget } from '../core/receivers.ts';
import { retryPolicy, retryRule } from '../core/retry.ts';
import { duration, flag, listOf, oneOf, storedName, whole } from '../core/rules.ts';
import { shareRule } from '../core/share.ts';
import { isSignal, type Signal } from '../core/signal.ts';
import { type AnyOptions, onSignalTags, type OnSignalTag } from '../decorators/on-signal.ts';
import { isService, serviceTag } from '../decorators/service.ts';
import { SignalboxError } from '../errors.ts';

const DEFAULT_TIMEOUT: Duration = '60s';

const OPTIONS: OptionTable<AnyOptions> = {
  name: storedName,
  formerly: listOf('names, each a text of 1 to 200 characters without spaces or control characters', storedName),
  queue: storedName,
  priority: whole(-1000, 1000),
  retry: retryRule,
  timeout: duration({ least: '1ms', most: '24h' }),
  transactional: flag,
  isolation: oneOf(...ISOLATION_LEVELS),
  batch: whole(2, 1000),
  share: shareRule,
};

/**
 * The receivers of the given classes.
 * @throws SignalboxError `ReceiverNameTaken`, `SignalNameTaken`, `InvalidOption`, `InvalidDecorator`,
 *   `IncompatibleCopy`
 */
export function receiversOf(services: readonly Class[]): Receivers {
  for (const [index, service] of services.entries())
    if (typeof service !== 'function')
      throw new SignalboxError(
        'InvalidOption',
        `services[${index}] is ${service === undefined ? 'undefined: most likely two files import each other' : 'no class'}. Give classes.`,
      );
  return new Receivers([...new Set(services)].flatMap(methodReceivers));
}

/**
 * The receivers of a class. One without decorators is most likely the wrong class, or was compiled without its
 * decorators.
 */
function methodReceivers(service: Class): Receiver[] {
  const tags = onSignalTags(service);
  if (tags.length === 0 && !isService(service))
    throw new SignalboxError(
      'InvalidOption',
      `${nameOf(service)} is among the services and carries neither @OnSignal nor @Service. Put @Service() on it if it is only injected, or provide(${nameOf(service)}, { useClass: ${nameOf(service)} }) into \`providers\`; if its decorators are there, look how it is compiled.`,
    );
  return tags.map((tag) => methodReceiver(service, tag));
}

/**
 * The receivers of a plain function: one for each signal.
 * @throws SignalboxError `InvalidOption`
 */
export function functionReceivers(
  signals: readonly Signal[],
  call: FunctionTarget['call'],
  options: AnyOptions & { name: string },
): Receiver[] {
  const name = (options as Partial<typeof options> | undefined | null)?.name ?? 'box.receivers.connect';
  checkOptions(options, OPTIONS, name);
  const lacks = (what: string): SignalboxError => new SignalboxError('InvalidOption', `${name}: connect was given no ${what}.`);
  if (options?.name === undefined) throw lacks('name, under which its deliveries are stored');
  if (typeof call !== 'function') throw lacks('function');
  if (signals.length === 0 || !signals.every(isSignal)) throw lacks('signal');
  return signals.map((signal) => receiver(name, signal, options, { placement: 'function', call }));
}

function methodReceiver(service: Class, { key, placement, signal, options }: OnSignalTag): Receiver {
  // Before the name is read from the options.
  checkOptions(options, OPTIONS, `${nameOf(service)}.${String(key)}`);
  return receiver(options.name ?? `${serviceName(service)}.${methodName(key, service)}`, signal, options, { placement, service, key });
}

function receiver(name: string, signal: Signal, options: AnyOptions, target: ReceiverTarget): Receiver {
  checkValue(name, storedName, name, 'name');
  if (options.transactional === false && options.isolation !== undefined)
    throw new SignalboxError(
      'InvalidOption',
      `${name}: isolation is ${options.isolation}, and transactional is false. Leave one of them out: it has no transaction.`,
    );
  if (options.share) refuseShare(name, options);
  return {
    name,
    formerly: options.formerly ?? [],
    signal,
    queue: options.queue ?? 'default',
    priority: options.priority ?? 0,
    retry: retryPolicy(options.retry, name),
    timeoutMs: toMs(options.timeout ?? DEFAULT_TIMEOUT, `${name}: timeout`),
    transactional: options.transactional ?? true,
    isolation: options.isolation ?? 'read committed',
    batch: options.batch,
    share: options.share,
    target,
  };
}

/** A receiver whose deliveries cannot share a transaction would say so in vain. @throws SignalboxError `InvalidOption` */
function refuseShare(name: string, { share, transactional, isolation, batch }: AnyOptions): void {
  const why =
    transactional === false
      ? 'transactional is false: it has no transaction'
      : batch !== undefined
        ? 'batch is given: all of a batch is in one transaction by itself'
        : isolation !== undefined && isolation !== 'read committed'
          ? `isolation is '${isolation}': what runs first in the transaction would decide what the others see`
          : undefined;
  if (why !== undefined) throw new SignalboxError('InvalidOption', `${name}: share is ${share}, and ${why}. Leave one of them out.`);
}

function serviceName(service: Class): string {
  const name = serviceTag(service)?.name ?? service.name;
  if (!name)
    throw new SignalboxError(
      'InvalidOption',
      'A class without a name has receivers. Name it with @Service({ name }), for the name is stored.',
    );
  return name;
}

function methodName(key: string | symbol, service: Class): string {
  if (typeof key === 'string') return key;
  throw new SignalboxError(
    'InvalidDecorator',
    `@OnSignal stands on ${nameOf(service)}[${String(key)}]; a symbol cannot be stored. Give the receiver a name: @OnSignal(signal, { name }).`,
  );
}
