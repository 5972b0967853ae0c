// The filter of deliveries as a form, which only reads: its fields become the address.
import type { FC } from 'hono/jsx';
import type { DeliveryState } from '../../core/delivery.ts';
import { STATES, type Terms } from '../filters.ts';
import { link } from '../links.ts';
import { Lamp } from './states.tsx';

interface Known {
  readonly receivers: readonly string[];
  readonly signals: readonly string[];
}

interface Fields {
  readonly page: string;
  readonly terms: Terms;
  readonly known: Known;
  /** Whether this person may search by what only those see who may see payloads. */
  readonly deep: boolean;
  readonly states?: readonly DeliveryState[];
}

/** The members that are folded while none of them is used. */
const MORE = ['since', 'until', 'error', 'path', 'value'] as const;

export const FilterForm: FC<Fields> = ({ page, terms, known, deep, states = STATES }) => (
  <form class="filter" method="get" action={link(page)} role="search" aria-label="Filter">
    {states.length > 0 && (
      <fieldset class="chips">
        <legend class="hidden">States</legend>
        {states.map((state) => (
          <label class={`chip is-${state}`}>
            <input type="checkbox" name="state" value={state} checked={terms.state.includes(state)} />
            <Lamp state={state} />
            {state}
          </label>
        ))}
      </fieldset>
    )}
    <div class="fields">
      <Field name="receiver" label="Receiver" terms={terms} list="known-receivers" />
      <Field name="signal" label="Signal" terms={terms} list="known-signals" />
    </div>
    <details class="more" open={MORE.some((name) => terms[name].length > 0)}>
      <summary>More</summary>
      <div class="fields">
        <Field name="since" label="Since (UTC)" terms={terms} type="datetime-local" />
        <Field name="until" label="Before (UTC)" terms={terms} type="datetime-local" />
        {deep && <Field name="error" label="Error: name or text" terms={terms} />}
        {deep && <Field name="path" label="Payload: path" terms={terms} placeholder="customer.email" />}
        {deep && <Field name="value" label="Payload: value" terms={terms} />}
        {terms.emission.map((emission) => (
          <input type="hidden" name="emission" value={emission} />
        ))}
      </div>
    </details>
    <div class="go">
      <button class="main">Filter</button>
      <a class="button" href={link(page)}>
        All
      </a>
    </div>
    <Names id="known-receivers" names={known.receivers} />
    <Names id="known-signals" names={known.signals} />
  </form>
);

interface FieldOf {
  readonly name: keyof Terms;
  readonly label: string;
  readonly terms: Terms;
  readonly type?: string;
  readonly list?: string;
  readonly placeholder?: string;
}

const Field: FC<FieldOf> = ({ name, label, terms, type = 'text', list, placeholder }) => (
  <label>
    {label}
    <input
      type={type}
      name={name}
      value={terms[name][0] ?? ''}
      list={list}
      placeholder={placeholder}
      autocomplete="off"
      spellcheck={false}
    />
  </label>
);

const Names: FC<{ id: string; names: readonly string[] }> = ({ id, names }) => (
  <datalist id={id}>
    {names.slice(0, 500).map((name) => (
      <option value={name}></option>
    ))}
  </datalist>
);
