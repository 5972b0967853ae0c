// Mutants of the command line: what keeps an act from being begun unasked or on everything, and text from being obeyed.
import { mutantsOf } from './mutant.ts';

const options = ['test/cli/options.test.ts'];
const output = ['test/cli/output.test.ts'];

export const cliMutants = [
  ...mutantsOf({ file: 'src/cli/confirm.ts', tests: options }, [
    { name: 'cli: a program is not asked', find: 'json || !isPerson(streams)', replace: '!isPerson(streams)' },
    { name: 'cli: a pipe is not asked', find: 'json || !isPerson(streams)', replace: 'json' },
    { name: 'cli: nobody sits at a run of CI', find: " && !process.env['CI']", replace: '' },
    { name: 'cli: input is a terminal', find: 'input.isTTY && ', replace: '' },
    { name: 'cli: no is the default', find: 'initialValue: false', replace: 'initialValue: true' },
    { name: 'cli: Ctrl-C is no', find: ' === true;', replace: ' !== false;' },
  ]),
  ...mutantsOf({ file: 'src/cli/act-verb.ts', tests: options }, [
    { name: 'cli: no act on everything', find: 'if (isEmpty(filter))', replace: 'if (false)' },
    { name: 'cli: an id and a filter', find: 'if (!isEmpty(others))', replace: 'if (false)' },
  ]),
  ...mutantsOf({ file: 'src/cli/filter-options.ts', tests: options }, [
    { name: 'cli: a filter without what was not given', find: 'value !== undefined', replace: 'true' },
    { name: 'cli: a payload has a path', find: 'if (at > 0)', replace: 'if (at >= 0)' },
    { name: 'cli: the first = ends the path', find: "text.indexOf('=')", replace: "text.lastIndexOf('=')" },
  ]),
  ...mutantsOf({ file: 'src/cli/interrupt.ts', tests: options }, [
    { name: 'cli: the second Ctrl-C ends the process', find: '    release();\n    asked', replace: '    asked' },
    { name: 'cli: Ctrl-C is handled while an act runs only', find: '  } finally {\n    release();\n', replace: '  } finally {\n' },
  ]),
  ...mutantsOf({ file: 'src/core/visible.ts', tests: output }, [
    { name: 'cli: controls beyond ASCII', find: '\\u007f-\\u009f', replace: '' },
    { name: 'cli: the direction of text', find: '\\u2028-\\u202e\\u2066-\\u2069', replace: '' },
    { name: 'cli: a lone carriage return', find: '\\u000b-\\u001f', replace: '\\u000e-\\u001f' },
  ]),
  ...mutantsOf({ file: 'src/cli/output.ts', tests: output }, [
    { name: 'cli: controls in documents', find: 'safeJson(\n', replace: 'String(\n' },
    { name: 'cli: colours by the stream', find: ', { stream })', replace: ', { validateStream: false })' },
  ]),
];
