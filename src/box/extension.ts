// Extensions of a box: they are composed once, when the box is made, in the order in which they were given.
// core/compose.ts decides how hooks are composed.
import { type ComposedEmit, composeEmit, type ComposedReceive, composeReceive } from '../core/compose.ts';
import type { EmitInfo, Hook, NextEmit, NextReceive, ReceiveInfo } from '../core/extension.ts';
import { checkOptions, type OptionTable, show } from '../core/options.ts';
import { bag, callable, listOf, storedName } from '../core/rules.ts';
import { type ProviderLiteral, type Provision, provisionOf } from '../container/provider.ts';
import { SignalboxError } from '../errors.ts';
import { checkTask, type MaintenanceTask } from '../maintenance/task.ts';
import { OWN_TASKS } from '../maintenance/own-tasks.ts';
import { EVENT_LISTENERS } from '../observe/events.ts';
import type { EventListeners } from '../observe/event-types.ts';
import type { LogFields } from '../observe/log-fields.ts';

/** An addition to a box: what it wraps, hears, does now and then, and provides. */
export interface Extension {
  /** Its name in errors: no other extension of the box has it. */
  readonly name: string;
  /**
   * Called around each emit, in the caller's async context, inside the sender's transaction if there is one. It calls `next` once, with
   * headers to add if it likes. What it throws, the emit rejects with.
   */
  aroundEmit?(emission: EmitInfo, next: NextEmit): unknown;
  /**
   * Called around each call of a receiver, inside the transaction of the run. It calls `next` once: the receiver sees the async context
   * in which `next` is called.
   * @throws `Discard`, `Unrecoverable`, `RetryAfter` and `Unavailable` mean what they mean of a receiver; anything else before `next` is
   * called keeps the receiver from being called, which costs no attempt, and after it is a failure of the receiver
   */
  aroundReceive?(call: ReceiveInfo, next: NextReceive): unknown;
  /**
   * Fields for each line of the box's log, and for the `log` of a receiver when the receiver first asks for it. Called in the async
   * context of that moment. What it throws costs its fields, and nothing else.
   */
  logFields?(): object | undefined;
  /** Listeners, as `box.on` takes them, until the box is closed. */
  readonly events?: EventListeners;
  /** Tasks that each started worker of this process runs periodically. */
  readonly tasks?: readonly MaintenanceTask[];
  /** Providers for injection. The `providers` and `overrides` of the box take precedence. */
  readonly providers?: readonly (Provision | ProviderLiteral)[];
}

const EXTENSION: OptionTable<Extension> = {
  name: storedName,
  aroundEmit: callable,
  aroundReceive: callable,
  logFields: callable,
  events: bag('an object of listeners', EVENT_LISTENERS),
  tasks: listOf('tasks'),
  providers: listOf('what provide(…) returns, or of { provide, useValue }'),
};

/** All extensions of a box. What none of them has is `undefined`, or empty. */
export interface Extensions {
  readonly aroundEmit: ComposedEmit | undefined;
  readonly aroundReceive: ComposedReceive | undefined;
  readonly listeners: readonly EventListeners[];
  readonly tasks: readonly MaintenanceTask[];
  readonly providers: readonly Provision[];
}

/** @throws SignalboxError `InvalidOption` */
export function extensionsOf(extensions: readonly Extension[]): Extensions {
  for (const extension of extensions) checkExtension(extension);
  refuseTwice(
    'extensions',
    extensions.map(({ name }) => name),
  );
  const tasks = extensions.flatMap((extension) => extension.tasks ?? []);
  refuseTwice('maintenance tasks', [...OWN_TASKS, ...tasks.map(({ name }) => name)]);
  return {
    aroundEmit: composeEmit(hooks(extensions, 'aroundEmit')),
    aroundReceive: composeReceive(hooks(extensions, 'aroundReceive')),
    listeners: extensions.flatMap(({ events }) => events ?? []),
    tasks,
    providers: extensions.flatMap(({ name, providers = [] }) => providers.map((provider) => provisionOf(provider, subjectOf(name)))),
  };
}

/** What they add to the log. @throws SignalboxError `InvalidOption` */
export function logFieldsOf(extensions: readonly Extension[]): readonly LogFields[] {
  for (const extension of extensions) checkExtension(extension);
  return extensions.flatMap((extension) => (extension.logFields ? [() => extension.logFields!()] : []));
}

function checkExtension(extension: Extension): void {
  if (typeof extension !== 'object' || extension === null)
    throw new SignalboxError('InvalidOption', `createSignalbox: an extension is ${show(extension)}. Give an object with a name.`);
  const subject = subjectOf(extension.name);
  checkOptions(extension, EXTENSION, subject, { required: ['name'] });
  for (const task of extension.tasks ?? []) checkTask(task, subject);
}

const subjectOf = (name: string): string => `The extension ${show(name)}`;

function refuseTwice(what: string, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new SignalboxError('InvalidOption', `createSignalbox: two ${what} are named ${twice}. Give each a name of its own.`);
}

/** Bound to their extension, so that it may be an object of a class. */
function hooks<Key extends 'aroundEmit' | 'aroundReceive'>(
  extensions: readonly Extension[],
  key: Key,
): Hook<NonNullable<Extension[Key]>>[] {
  return extensions.flatMap((extension) => {
    const around = extension[key];
    return around ? [{ extension: extension.name, around: around.bind(extension) as NonNullable<Extension[Key]> }] : [];
  });
}
