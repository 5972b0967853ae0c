// States, as lamps and badges. The word stands beside the colour, always.
import type { FC } from 'hono/jsx';

export const Lamp: FC<{ state: string }> = ({ state }) => <span class={`lamp is-${state}`} aria-hidden="true"></span>;

export const Badge: FC<{ state: string; word?: string }> = ({ state, word = state }) => (
  <span class={`badge is-${state}`}>
    <Lamp state={state} />
    {word}
  </span>
);
