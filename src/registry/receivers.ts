// From the classes and functions that a box is given to the table of its receivers: names, defaults and limits are settled here.
import { type Duration, toMs } from '../core/duration.ts';
import { checkOptions } from '../core/options.ts';
import { type Class, type FunctionTarget, type Receiver, Receivers, type ReceiverTarget } from '../core/receivers.ts';
import { retryPolicy } from '../core/retry.ts';
import type { Signal } from '../core/signal.ts';
import { type AnyOptions, onSignalTags, type OnSignalTag } from '../decorators/on-signal.ts';
import { markedServices, serviceTag } from '../decorators/service.ts';
import { SignalboxError } from '../errors.ts';

const DEFAULT_TIMEOUT: Duration = '60s';
const MOST_IN_BATCH = 1_000;

const OPTIONS = {
  name: true,
  formerly: true,
  queue: true,
  priority: true,
  retry: true,
  timeout: true,
  transactional: true,
  batch: true,
} satisfies Record<keyof AnyOptions, true>;

/**
 * The receivers of the given classes.
 * @throws SignalboxError `ReceiverNameTaken`, `SignalNameTaken`, `InvalidOption`, `InvalidDecorator`
 */
export function receiversOf(services: readonly Class[]): Receivers {
  for (const [index, service] of services.entries())
    if (typeof service !== 'function')
      throw new SignalboxError(
        'InvalidOption',
        `services[${index}] is ${service === undefined ? 'undefined: most likely two files import each other' : 'no class'}. Give classes.`,
      );
  return new Receivers([...new Set(services)].flatMap((service) => onSignalTags(service).map((tag) => methodReceiver(service, tag))));
}

/** Names of classes in memory that carry @Service and receivers of their own, and that none of `services` is or extends. */
export function forgottenServices(services: readonly Class[]): string[] {
  return markedServices()
    .filter((marked) => onSignalTags(marked).length > 0)
    .filter((marked) => !services.some((service) => service === marked || Object.prototype.isPrototypeOf.call(marked, service)))
    .map((marked) => marked.name);
}

/**
 * The receivers that a plain function makes: one for each signal.
 * @throws SignalboxError `InvalidOption`
 */
export function functionReceivers(
  signals: readonly Signal[],
  call: FunctionTarget['call'],
  options: AnyOptions & { name: string },
): Receiver[] {
  const name = (options as Partial<typeof options> | undefined)?.name ?? 'box.connect';
  const lacks = (what: string): SignalboxError => new SignalboxError('InvalidOption', `${name}: connect was given no ${what}.`);
  if (options?.name === undefined) throw lacks('name, under which its deliveries are stored');
  if (typeof call !== 'function') throw lacks('function');
  if (signals.length === 0 || signals.some((signal) => typeof signal?.name !== 'string')) throw lacks('signal');
  return signals.map((signal) => receiver(name, signal, options, { placement: 'function', call }));
}

function methodReceiver(service: Class, { key, placement, signal, options }: OnSignalTag): Receiver {
  return receiver(options.name ?? `${serviceName(service)}.${methodName(key, service)}`, signal, options, { placement, service, key });
}

function receiver(name: string, signal: Signal, options: AnyOptions, target: ReceiverTarget): Receiver {
  const formerly = options.formerly ?? [];
  checkText(name, 'name', name);
  checkOptions(options, OPTIONS, name);
  if (!Array.isArray(formerly))
    throw new SignalboxError('InvalidOption', `${name}: formerly is ${String(formerly)}. Give a list of names.`);
  for (const former of formerly) checkText(former, 'formerly', name);
  const queue = options.queue ?? 'default';
  checkText(queue, 'queue', name);
  const priority = options.priority ?? 0;
  if (!Number.isInteger(priority) || Math.abs(priority) > 1000)
    throw new SignalboxError('InvalidOption', `${name}: priority is ${priority}. Give a whole number from -1000 to 1000.`);
  const timeoutMs = toMs(options.timeout ?? DEFAULT_TIMEOUT, `${name}: timeout`);
  if (timeoutMs < 1 || timeoutMs > 86_400_000)
    throw new SignalboxError('InvalidOption', `${name}: timeout is ${timeoutMs} ms. Give 1 ms to 24 hours.`);
  const { batch } = options;
  if (batch !== undefined && !(Number.isInteger(batch) && batch >= 2 && batch <= MOST_IN_BATCH))
    throw new SignalboxError('InvalidOption', `${name}: batch is ${String(batch)}. Give a whole number from 2 to ${MOST_IN_BATCH}.`);
  const retry = retryPolicy(options.retry, name);
  return { name, formerly, signal, queue, priority, retry, timeoutMs, transactional: options.transactional ?? true, batch, target };
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
    `@OnSignal stands on ${service.name}[${String(key)}]; a symbol cannot be stored. Give the receiver a name: @OnSignal(signal, { name }).`,
  );
}

/** Names are stored, indexed and printed: short, without spaces or control characters. */
function checkText(text: string, option: string, receiver: string): void {
  if (typeof text === 'string' && text.length > 0 && text.length <= 200 && !/[\s\p{C}]/u.test(text)) return;
  throw new SignalboxError(
    'InvalidOption',
    `${receiver}: ${option} is ${JSON.stringify(text)}. Use 1 to 200 characters without spaces or control characters.`,
  );
}
