// The sections of docs/reference/cli.md that the program itself tells: what each command is for, its arguments, options
// and examples. What people need beyond them is written by hand, around the marks.
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { headingId } from '../../../docs/site/links.ts';
import { examplesOf, visibleOptions } from '../../../src/cli/command.ts';
import { makeProgram } from '../../../src/cli/program.ts';
import { pathOf } from '../../../src/cli/usage-error.ts';

/** The text of each section by the words of its command; that of the program itself is the list of all. */
export async function sections(): Promise<ReadonlyMap<string, string>> {
  const program = await makeProgram(() => true);
  const commands = program.commands.flatMap(leavesOf);
  return new Map([['signalbox', listOf(commands)], ...commands.map((command) => [pathOf(command), sectionOf(command)] as const)]);
}

/** The commands that do something, below a command. */
export const leavesOf = (command: CommandUnknownOpts): CommandUnknownOpts[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);

function listOf(commands: readonly CommandUnknownOpts[]): string {
  const rows = commands.map((command) => {
    const path = pathOf(command);
    return `| [\`${path.replace('signalbox ', '')}\`](#${headingId(path)}) | ${cell(command.summary())} |`;
  });
  return ['| command | purpose |', '|---|---|', ...rows].join('\n');
}

function sectionOf(command: CommandUnknownOpts): string {
  const args = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return `| \`${argument.required ? `<${name}>` : `[${name}]`}\` | ${cell(argument.description)} |`;
  });
  const options = visibleOptions(command)
    .filter(({ long }) => long !== '--help')
    .map((option) => `| \`${option.flags}\` | ${cell(option.description)}${defaultOf(option)} |`);
  const examples = examplesOf(command).map(([line, meaning]) => `# ${meaning}\n${line}`);
  return [
    `\`\`\`text\n${pathOf(command)} ${command.usage()}\n\`\`\``,
    command.description(),
    ...(args.length > 0 ? [['| argument | meaning |', '|---|---|', ...args].join('\n')] : []),
    ['| option | what it does |', '|---|---|', ...options].join('\n'),
    ...(examples.length > 0 ? [`\`\`\`sh\n${examples.join('\n')}\n\`\`\``] : []),
  ].join('\n\n');
}

const defaultOf = (option: { defaultValue?: unknown; negate: boolean }): string =>
  option.defaultValue === undefined || option.negate ? '' : ` (default \`${JSON.stringify(option.defaultValue)}\`)`;

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** A section of the page, with its marks. */
const MARKED = /(<!-- (signalbox[ \w-]*), by the program: npm run api -->\n)([\s\S]*?)(\n<!-- end -->)/g;

/** The page with its sections as the program tells them now. @throws where a mark is missing, or is of no command */
export function withSections(page: string, told: ReadonlyMap<string, string>): string {
  const marked = new Set<string>();
  const written = page.replace(MARKED, (_all, start: string, path: string, _old: string, end: string) => {
    if (marked.has(path) || !told.has(path))
      throw new Error(`docs/reference/cli.md: the mark of "${path}" is there twice, or of no command.`);
    marked.add(path);
    return `${start}${told.get(path)!}${end}`;
  });
  for (const path of told.keys())
    if (!marked.has(path))
      throw new Error(
        `docs/reference/cli.md has no place for "${path}". Add: ## ${path}, <!-- ${path}, by the program: npm run api -->, <!-- end -->.`,
      );
  return written;
}
