// Finds the receiver's call that the running code is a part of.
import { expect, test } from 'vitest';
import { currentCall, findCall, inCall, newCall } from '../../src/transaction/call.ts';

const about = (name: string) => ({ runner: {}, receiver: { name, transactional: false }, deliveries: [] });

test('code is a part of its own call and of the calls around it, but of none that has ended', () => {
  const outer = newCall(about('outer'));
  inCall(outer, () => {
    const inner = newCall(about('inner'));
    inCall(inner, () => {
      expect(currentCall()).toBe(inner);
      expect(findCall((call) => call === outer)).toBe(outer);
      // The receiver around this one has returned without waiting for it.
      outer.isOver = true;
      expect(findCall((call) => call === outer)).toBeUndefined();
      expect(findCall((call) => call === inner)).toBe(inner);
      inner.isOver = true;
      expect(currentCall()).toBeUndefined();
    });
  });
});
