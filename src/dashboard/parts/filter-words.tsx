// A stored filter in words: of an errand, of an entry of the audit, and of what is about to begin.
import type { FC } from 'hono/jsx';
import type { DeliveryQuery } from '../../store/operations/filter.ts';
import { stamp } from './values.tsx';

/** @param texts whether this person may see what was searched for in errors and payloads, which quotes them */
export function filterWords(query: Partial<DeliveryQuery>, texts: boolean): readonly (readonly [term: string, value: string])[] {
  const { states, receiver, signal, emissionId, sinceMs, untilMs, error, payload } = query;
  const hidden = 'not shown';
  return [
    ...(states ? [['state', states.join(', ')] as const] : []),
    ...(receiver !== undefined ? [['receiver', receiver] as const] : []),
    ...(signal !== undefined ? [['signal', signal] as const] : []),
    ...(emissionId !== undefined ? [['emission', emissionId] as const] : []),
    ...(sinceMs !== undefined ? [['since', `${stamp(new Date(sinceMs))} UTC`] as const] : []),
    ...(untilMs !== undefined ? [['before', `${stamp(new Date(untilMs))} UTC`] as const] : []),
    ...(error ? [['error', texts ? error.name : hidden] as const] : []),
    ...(payload ? [['payload', texts ? `${payload.path.join('.')} = a value that is not kept` : hidden] as const] : []),
  ];
}

export const FilterWords: FC<{ query: Partial<DeliveryQuery>; texts: boolean }> = ({ query, texts }) => {
  const words = filterWords(query, texts);
  if (words.length === 0) return <span class="quiet">all</span>;
  return (
    <ul class="words">
      {words.map(([term, value]) => (
        <li>
          <span class="quiet">{term}</span> {value}
        </li>
      ))}
    </ul>
  );
};
