// Reads drizzle.config.* as text, without running it, and says where the tables of Signalbox belong: drizzle-kit must see them once, and its
// filters must not hide them. A value that is computed is not guessed at. Pure.

/** What is known of a configuration; undefined where it is computed or absent. */
export interface DrizzleConfig {
  readonly schema: readonly string[] | undefined;
  readonly out: string | undefined;
  /** Names that hide our schema, as they stand there. */
  readonly schemaFilter: readonly string[] | undefined;
  readonly tablesFilter: readonly string[] | undefined;
}

export function parseDrizzleConfig(text: string): DrizzleConfig {
  const code = withoutComments(text);
  return {
    schema: literals(code, 'schema'),
    out: literals(code, 'out')?.[0],
    schemaFilter: literals(code, 'schemaFilter'),
    tablesFilter: literals(code, 'tablesFilter'),
  };
}

/** Where the tables go: a line at the end of a file, or a file of their own that the patterns match. */
export interface Place {
  readonly kind: 'append' | 'create';
  /** Relative to the configuration. */
  readonly file: string;
}

/** The first file that is named, else the first pattern: never both, or drizzle-kit would see each table twice. */
export function placeOf(schema: readonly string[]): Place | undefined {
  const named = schema.find((each) => !/[*{?]/.test(each) && /\.[cm]?[jt]s$/.test(each));
  if (named !== undefined) return { kind: 'append', file: named };
  const [first] = schema;
  return first === undefined ? undefined : { kind: 'create', file: matching(first) };
}

/** A file that a pattern matches, or one in a folder. */
function matching(pattern: string): string {
  if (!/[*{?]/.test(pattern)) return `${pattern.replace(/\/$/, '')}/signalbox.ts`;
  const segments = pattern.replaceAll(/\{([^,}]*)[^}]*\}/g, '$1').split('/');
  const last = segments.pop()!;
  const folders = segments.flatMap((segment) => {
    if (segment !== '**') return [segment.replaceAll('*', 'signalbox')];
    return last.includes('*') ? [] : ['signalbox'];
  });
  const file = last === '**' ? 'signalbox.ts' : last.replaceAll(/\*+/g, 'signalbox').replaceAll('?', 's');
  return [...folders, /\.[cm]?[jt]s$/.test(file) ? file : `${file}.ts`].join('/');
}

/** What to change where a filter hides our tables; undefined if none does. */
export function hiddenBy({ schemaFilter, tablesFilter }: DrizzleConfig): string | undefined {
  if (schemaFilter !== undefined && !schemaFilter.includes('signalbox') && !schemaFilter.includes('*'))
    return `schemaFilter: [${[...schemaFilter, 'signalbox'].map((name) => `'${name}'`).join(', ')}],`;
  // Negative patterns take away; others say what is seen.
  const shown = tablesFilter?.filter((pattern) => !pattern.startsWith('!'));
  if (shown !== undefined && shown.length > 0 && !shown.includes('*'))
    return `tablesFilter: [...], // drizzle-kit would not see emission, receiver, delivery, settled, delivery_error, worker and the other tables of Signalbox: name them, or leave tablesFilter out`;
  return undefined;
}

const withoutComments = (text: string): string =>
  text.replaceAll(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (_all, quoted: string | undefined) => quoted ?? '',
  );

const TEXT = `(?:'[^'\\n]*'|"[^"\\n]*"|\`[^\`$]*\`)`;

/** The texts of a member that is a text, or a list of texts, and nothing else. */
function literals(code: string, member: string): string[] | undefined {
  const found = new RegExp(`(?:^|[{,\\s])${member}\\s*:\\s*(${TEXT}|\\[(?:\\s*${TEXT}\\s*,?)*\\s*\\])\\s*(?=[,}\\n])`).exec(code)?.[1];
  return found === undefined ? undefined : Array.from(found.matchAll(new RegExp(TEXT, 'g')), ([text]) => text.slice(1, -1));
}
