// The door of `signalbox dashboard`: who comes in, by which address, and how often.
import { expect, test } from 'vitest';
import { makeDoor } from '../../src/cli/dashboard/door.ts';

const PORT = 4_711;
const HOST = { host: `127.0.0.1:${PORT}` };

const ask = (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Request =>
  new Request(`http://127.0.0.1:${PORT}${path}`, { method, headers: { ...HOST, ...headers } });

test('the token comes in once, and is exchanged for a cookie that script and other sites do not get', () => {
  const door = makeDoor(PORT);
  const entered = door.answer(ask(`/?token=${door.token}`))!;
  expect([entered.status, entered.headers.get('location'), entered.headers.get('referrer-policy')]).toEqual([303, './', 'no-referrer']);
  const [cookie, ...attributes] = entered.headers.get('set-cookie')!.split('; ');
  expect(attributes).toEqual(['Path=/', 'HttpOnly', 'SameSite=Strict']);
  expect(cookie).not.toContain(door.token);
  expect(door.answer(ask('/deliveries', { cookie: cookie! }))).toBe(undefined);
  expect(door.answer(ask(`/?token=${door.token}`))!.status).toBe(401);
  // One who is in and opens the address again is led to a page without it.
  const again = door.answer(ask(`/?token=${door.token}`, { cookie: cookie! }))!;
  expect([again.status, again.headers.get('location')]).toEqual([303, './']);
});

test('without the cookie, with another one, or with another token nobody comes in', () => {
  const door = makeDoor(PORT);
  const tries: [path: string, headers: Record<string, string>][] = [
    ['/', {}],
    ['/?token=', {}],
    [`/?token=${makeDoor(PORT).token}`, {}],
    [`/deliveries?token=${door.token}`, {}],
    ['/', { cookie: `signalbox-${PORT}=x` }],
    ['/', { cookie: `signalbox-${PORT}=${door.token}` }],
    ['/', { authorization: `Bearer ${door.token}` }],
  ];
  for (const [path, headers] of tries) expect([path, door.answer(ask(path, headers))?.status]).toEqual([path, 401]);
  expect(door.answer(ask(`/?token=${door.token}`, {}, 'HEAD'))!.status).toBe(401);
  expect(door.answer(ask(`/?token=${door.token}`))!.status).toBe(303);
});

test.each(['evil.example', `evil.example:${PORT}`, '127.0.0.1', `127.0.0.1:${PORT + 1}`, '127.0.0.1.evil.example:4711'])(
  'a request for the host %s is refused, with the token and with the cookie',
  (host) => {
    const door = makeDoor(PORT);
    expect(door.answer(ask(`/?token=${door.token}`, { host }))!.status).toBe(403);
    const cookie = door
      .answer(ask(`/?token=${door.token}`))!
      .headers.get('set-cookie')!
      .split(';', 1)[0]!;
    expect(door.answer(ask('/', { host, cookie }))!.status).toBe(403);
    expect(door.answer(ask('/', { cookie }))).toBe(undefined);
  },
);
