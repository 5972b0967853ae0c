// Mutants of the pictures: what keeps a name from becoming markup, and figures from being lost.
import { mutantsOf } from './mutant.ts';

const drawing = ['test/flow/drawing.test.ts'];
const graph = ['test/flow/graph.test.ts'];

export const flowMutants = [
  ...mutantsOf({ file: 'src/flow/markup.ts', tests: drawing }, [
    { name: 'flow: markup in a text', find: '    .replace(/[&<>"\']/g, (character) => ENTITIES[character]!)', replace: '' },
    { name: 'flow: markup in an attribute', find: 'escapedText(value!)', replace: 'value' },
    { name: 'flow: half a character', find: "    .replace(NO_CHARACTER, '\\ufffd')\n", replace: '' },
    { name: 'flow: control characters', find: 'oneLine(value)', replace: 'value' },
  ]),
  ...mutantsOf({ file: 'src/flow/mermaid.ts', tests: drawing }, [
    { name: 'flow: a quote in a label', find: '[#"<>&`]', replace: '[#<>&`]' },
    { name: 'flow: an escape in a label', find: '[#"<>&`]', replace: '["<>`]' },
  ]),
  ...mutantsOf({ file: 'src/flow/layout.ts', tests: drawing }, [
    { name: 'flow: the shape has the modules', find: ', node.module, node.holds', replace: '' },
    { name: 'flow: the shape has the ends', find: 'map(({ from, to }) => [from, to])', replace: 'map(({ to }) => [to])' },
  ]),
  ...mutantsOf({ file: 'src/flow/graph.ts', tests: graph }, [
    { name: 'flow: what a receiver caused that is not there', find: ' || !known.has(causedBy)', replace: '' },
    {
      name: 'flow: modules in any case',
      find: 'moduleOf = (name: string): string => modules.get(firstPart(name).toLowerCase())!',
      replace: 'moduleOf = (name: string): string => firstPart(name)',
    },
  ]),
  ...mutantsOf({ file: 'src/flow/view.ts', tests: graph }, [
    { name: 'flow: an edge inside of a closed module', find: '.filter(({ from, to }) => from !== to)', replace: '' },
    { name: 'flow: what leads to a node', find: ", ...reached(graph, ids, steps, 'to', 'from')", replace: '' },
  ]),
];
