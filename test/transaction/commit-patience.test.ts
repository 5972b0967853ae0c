// Asks the database for the outcome of a COMMIT; some errors leave the outcome open.
import { expect, test } from 'vitest';
import { isAnswer } from '../../src/drivers/error-kind.ts';
import type { CommitState } from '../../src/store/deliveries/lost-commits.ts';
import { type Patience, stateOfCommit } from '../../src/transaction/lost-commit.ts';

const QUICK: Patience = { totalMs: 10_000, askMs: 50, firstPauseMs: 1, longestPauseMs: 2 };

/** Gives these answers in this order, and then repeats the last one. */
function answers(...list: (CommitState | Error | 'never')[]): () => Promise<CommitState> {
  return async () => {
    const answer = list.length > 1 ? list.shift()! : list[0]!;
    if (answer instanceof Error) throw answer;
    return answer === 'never' ? new Promise<never>(() => {}) : answer;
  };
}

test('the database is asked until the transaction has ended, even if some queries fail or are never answered', async () => {
  expect(await stateOfCommit(answers('open', new Error('away'), 'never', 'open', 'committed'), QUICK)).toBe('committed');
  expect(await stateOfCommit(answers(new Error('away'), 'aborted'), QUICK)).toBe('aborted');
});

test('the outcome stays open when patience ends', async () => {
  expect(await stateOfCommit(answers('open'), { ...QUICK, totalMs: 20 })).toBe('open');
  expect(await stateOfCommit(answers('never'), { ...QUICK, totalMs: 20 })).toBe('open');
});

test('without patience the database is asked once', async () => {
  expect(await stateOfCommit(answers('open', 'committed'), { ...QUICK, totalMs: 0 })).toBe('open');
  expect(await stateOfCommit(answers('committed'), { ...QUICK, totalMs: 0 })).toBe('committed');
});

const error = (fields: object, cause?: unknown): Error => Object.assign(new Error('failed', { cause }), fields);

test("only the server's own refusal answers a statement", () => {
  expect(isAnswer(error({ code: '23503', severity: 'ERROR' }))).toBe(true);
  expect(isAnswer(error({ code: '40001', severity: 'FEHLER' }))).toBe(true);
  expect(isAnswer(error({}, error({ code: '23503', severity: 'ERROR' })))).toBe(true);
  // The session ended with the statement, or a pooler says that it lost the server.
  expect(isAnswer(error({ code: '25P04', severity: 'FATAL' }))).toBe(false);
  expect(isAnswer(error({ code: 'XX000', severity: 'PANIC' }))).toBe(false);
  expect(isAnswer(error({ code: '08P01', severity: 'ERROR' }))).toBe(false);
  expect(isAnswer(error({ code: '57P01', severity: 'FATAL' }))).toBe(false);
  // Errors of the socket, and of a client that stopped waiting.
  expect(isAnswer(error({ code: 'EPIPE' }))).toBe(false);
  expect(isAnswer(error({ code: 'EBADF' }))).toBe(false);
  expect(isAnswer(new Error('Query read timeout'))).toBe(false);
  expect(isAnswer(undefined)).toBe(false);
});
