// signalbox deliveries show: all that is known of one delivery, or of an emission with its deliveries.
import type { Signalbox } from '../../../box/box.ts';
import type { DeliveryDetails, EmissionDetails } from '../../../operate/reads.ts';
import type { Delivery } from '../../../store/operations/delivery.ts';
import { addExamples, newBoxVerb } from '../../command.ts';
import { deliveryTable, stateText } from '../../delivery-text.ts';
import { escaped, oneLine } from '../../../core/visible.ts';
import { isEmissionId } from '../../ids.ts';
import { print, printDocument, styled } from '../../output.ts';
import { table } from '../../table.ts';
import { relative, span, told } from '../../times.ts';
import { UsageError } from '../../usage-error.ts';
import { withBox } from '../../with-box.ts';

export function show() {
  const verb = newBoxVerb(
    'show',
    'Prints a delivery with its payload, headers, errors and stacks; or an emission, with its deliveries. The id is that of an emission, of a delivery, or an idempotency key, which the support of another system has in hand.',
  )
    .argument('<id>', 'emission id, delivery id or idempotency key')
    .option('--receiver <name>', 'of an emission, the delivery of this receiver')
    .action(async (id, { config, json, receiver }) => {
      if (receiver !== undefined && !isEmissionId(id))
        throw new UsageError('--receiver goes with the id of an emission alone, for every other id names one delivery.');
      const found = await withBox(config, (box) => find(box, id, receiver));
      if (json) printDocument(found);
      else print('emission' in found ? tellEmission(found.emission) : tellDelivery(found.delivery));
    });
  addExamples(verb, [
    ['signalbox deliveries show 0190f3c2-5a1b-7cc0-8d00-3f2a9e1b7c55', 'an emission and its deliveries'],
    ['signalbox deliveries show 81234', 'a delivery'],
    ['signalbox deliveries show 0190f3c2-5a1b-7cc0-8d00-3f2a9e1b7c55:81234:0', 'the same, by its idempotency key'],
  ]);
  return verb;
}

type Found = { readonly emission: EmissionDetails } | { readonly delivery: DeliveryDetails };

async function find(box: Signalbox, id: string, receiver: string | undefined): Promise<Found> {
  if (!isEmissionId(id)) return { delivery: await box.deliveries.get(id) };
  if (receiver === undefined) return { emission: await box.emissions.get(id) };
  return { delivery: await box.deliveries.get({ emissionId: id, receiver }) };
}

function tellEmission({ id, signal, version, emittedAt, payload, headers, deliveries, moreDeliveries }: EmissionDetails): string {
  return [
    title(`emission ${id}`),
    ...table([
      ['  signal', `${oneLine(signal)}, version ${version}`],
      ['  emitted', when(emittedAt)],
    ]),
    ...section('payload', payload),
    ...section('headers', headers),
    ...others('deliveries', deliveries, moreDeliveries),
  ].join('\n');
}

function tellDelivery(found: DeliveryDetails): string {
  const { id, emissionId, state, receiver, signal, version, generation, attempt, crashes, queue, worker, lateMs } = found;
  const rows: (readonly [string, string | undefined])[] = [
    ['receiver', `${oneLine(receiver)}${queue === undefined ? '' : `, queue ${oneLine(queue)}`}`],
    ['signal', `${oneLine(signal)}, version ${version}`],
    ['emission', emissionId],
    ['emitted', found.emittedAt ? when(found.emittedAt) : 'its emission was deleted'],
    ['state', stateText(state)],
    ['due', found.runAt && when(found.runAt)],
    ['late', lateMs === undefined || lateMs <= 0 ? undefined : span(lateMs)],
    ['finished', found.finishedAt && when(found.finishedAt)],
    [
      'attempts',
      `${attempt}${crashes > 0 ? `, and ${crashes} lost with a worker` : ''}${generation > 0 ? `, replayed ${generation} times` : ''}`,
    ],
    ['worker', worker && `${worker.id}${worker.label === undefined ? '' : `, ${oneLine(worker.label)}`}`],
  ];
  return [
    title(`delivery ${id}`),
    ...table(rows.flatMap(([name, value]) => (value === undefined ? [] : [[`  ${name}`, value]]))),
    ...section('payload', found.payload),
    ...section('headers', found.headers),
    ...errorsOf(found),
    ...others('other deliveries of the emission', found.siblings, found.moreSiblings),
  ].join('\n');
}

const title = (text: string): string => styled('bold', text);

const when = (at: Date): string => `${told(at)}, ${relative(at)}`;

/** JSON as it is stored: laid out anew, it would lose digits of its numbers. */
const section = (name: string, json: string | undefined): string[] => (json === undefined ? [] : ['', title(name), escaped(json)]);

function errorsOf({ errors, moreErrors }: DeliveryDetails): string[] {
  if (errors.length === 0) return [];
  return [
    '',
    title('errors'),
    ...(moreErrors ? ['(there are earlier ones)'] : []),
    ...errors.flatMap(({ attempt, at, name, message, code, stack }) => [
      `attempt ${attempt}, ${when(at)}: ${styled('red', oneLine(name))}${code === undefined ? '' : ` (${oneLine(code)})`}`,
      indented(stack ?? message),
    ]),
  ];
}

const indented = (text: string): string =>
  escaped(text)
    .split('\n')
    .map((each) => `  ${each}`)
    .join('\n');

const others = (name: string, deliveries: readonly Delivery[], more: boolean): string[] =>
  deliveries.length === 0 ? [] : ['', title(name), ...deliveryTable(deliveries), ...(more ? ['(there are more)'] : [])];
