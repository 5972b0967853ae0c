// Text of payloads, like that of real ones: words, numbers and ids, which compress as such text does. One letter repeated would be
// stored as next to nothing.

/** Characters of a payload as most systems have it: an order, its customer, its items. */
export const TYPICAL = 250;

/** Always the same for a length, so that all systems get the same. */
export function textOf(length: number): string {
  const random = randomOf(length);
  let text = '';
  while (text.length < length) {
    const kind = random(10);
    if (kind < 7) text += `${word(random)} `;
    else if (kind < 9) text += `${random(100_000)} `;
    else text += `${Array.from({ length: 16 }, () => random(16).toString(16)).join('')} `;
  }
  return text.slice(0, length);
}

const SYLLABLES = ['ba', 'cor', 'del', 'fi', 'gen', 'hu', 'ka', 'lor', 'mi', 'nu', 'pre', 'ra', 'sen', 'ti', 'vo', 'zy'];

const word = (random: (below: number) => number): string =>
  Array.from({ length: 1 + random(3) }, () => SYLLABLES[random(SYLLABLES.length)]).join('');

/** Numbers below a bound, by a linear congruence of 32 bits. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
