// Who may use the dashboard. In an application, ask its session; here a header names the person, as a proxy that signs people in would set it.
import type { Authorize } from 'signalbox/dashboard';

const OPERATORS = ['ada@example.com'];

export const authorize: Authorize = (request, action) => {
  const name = request.headers.get('x-signed-in-as');
  if (name === null) return false;
  return action === 'view' || OPERATORS.includes(name) ? { name } : false;
};
