// Tests that round trips and statements are counted correctly.
import { expect, test } from 'vitest';
import { Counter } from './wire-count.ts';

/** Messages of PostgreSQL's protocol with empty bodies, by their types. */
const messages = (types: string): Buffer => Buffer.concat(Array.from(types, (type) => Buffer.from([type.charCodeAt(0), 0, 0, 0, 4])));
const STARTUP = Buffer.from([0, 0, 0, 8, 0, 3, 0, 0]);

function connected(): { counter: Counter; connection: ReturnType<Counter['connection']> } {
  const counter = new Counter();
  const connection = counter.connection();
  connection.asked(STARTUP);
  connection.answered(messages('RZ'));
  counter.take();
  return { counter, connection };
}

test('a prepared statement is one statement on one trip', () => {
  const { counter, connection } = connected();
  connection.asked(messages('BES'));
  connection.answered(messages('2DCZ'));
  expect(counter.take()).toEqual({ roundTrips: 1, statements: 1, parses: 0, bytes: 35 });
});

test('a statement that is described before it is bound takes two trips', () => {
  const { counter, connection } = connected();
  connection.asked(messages('PDS'));
  connection.answered(messages('1tTZ'));
  connection.asked(messages('BES'));
  connection.answered(messages('2CZ'));
  expect(counter.take()).toMatchObject({ roundTrips: 2, statements: 1, parses: 1 });
});

test('a message that is sent before the answer has come is on the same trip', () => {
  const { counter, connection } = connected();
  connection.asked(messages('Q'));
  connection.asked(messages('BES'));
  connection.answered(messages('CZ2CZ'));
  expect(counter.take()).toMatchObject({ roundTrips: 1, statements: 2 });
});

test('a notification between query and answer is no answer', () => {
  const { counter, connection } = connected();
  connection.asked(messages('Q'));
  connection.answered(messages('A'));
  connection.asked(messages('Q'));
  expect(counter.take()).toMatchObject({ roundTrips: 1, statements: 2 });
});

test('a message that comes in two pieces counts once', () => {
  const { counter, connection } = connected();
  const bytes = messages('Q');
  connection.asked(bytes.subarray(0, 3));
  connection.asked(bytes.subarray(3));
  expect(counter.take()).toMatchObject({ roundTrips: 1, statements: 1 });
});

test('counts that were read are not counted again', () => {
  const { counter, connection } = connected();
  connection.asked(messages('Q'));
  counter.take();
  expect(counter.take()).toEqual({ roundTrips: 0, statements: 0, parses: 0, bytes: 0 });
});
