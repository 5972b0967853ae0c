// The address of a database in a form for logs. It is made from the parts that a client has parsed, never cut out of a
// connection string, which may contain the password in more than one place.

export interface Place {
  readonly user?: unknown;
  /** Several hosts where the client tries one after another. */
  readonly host?: unknown;
  readonly port?: unknown;
  readonly database?: unknown;
}

const LONGEST = 200;
const named = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, LONGEST) : '?');

/** As `user@host:port/database`; hosts with a comma between. */
export function describePlace({ user, host, port, database }: Place): string {
  const [hosts, ports] = [[host].flat(), [port].flat()];
  const servers = hosts.map((each, index) => `${named(each)}:${named(ports[index] ?? ports[0])}`);
  return `${named(user)}@${servers.join(',')}/${named(database)}`;
}
