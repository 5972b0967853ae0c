// signalbox graph: the flow of signals between modules, as text for Mermaid, as a picture, or as data.
import { readFlow } from '../../dashboard/flow-read.ts';
import { drawingOf } from '../../flow/drawing.ts';
import { flowGraph } from '../../flow/graph.ts';
import { layoutOf } from '../../flow/layout.ts';
import { mermaidOf } from '../../flow/mermaid.ts';
import { FILE_STYLE } from '../../flow/style.ts';
import { modulesOf, viewOf } from '../../flow/view.ts';
import { addExamples, newBoxVerb } from '../command.ts';
import { print, printDocument } from '../output.ts';
import { UsageError } from '../usage-error.ts';
import { withBox } from '../with-box.ts';

export function graph() {
  const verb = newBoxVerb(
    'graph',
    "Prints which signals reach which receivers, by the catalogue. A module is the first part of a signal's name, and the service of a receiver.",
  )
    .option('--mermaid', 'print text for Mermaid, which GitHub and many editors draw (default)')
    .option('--svg', 'print a picture, in light and dark; needs @dagrejs/dagre')
    .option('--search <text>', 'only what has this in its name or its module, and what is next to it')
    .option('--modules', 'draw each module as one node')
    .option('--rates', 'write on it how much passed in the last hour, how much failed, and how much is due or dead')
    .action(async ({ config, json, mermaid, svg, search, modules, rates }) => {
      if ([json, mermaid, svg].filter(Boolean).length > 1) throw new UsageError('Of --mermaid, --svg and --json, one can be printed.');
      const whole = await withBox(config, async (box) =>
        rates ? readFlow(box) : flowGraph((await box.receivers.list()).filter(({ live }) => live)),
      );
      const shown = viewOf(whole, { search, closed: modules ? modulesOf(whole) : [] });
      if (json) return printDocument({ nodes: shown.nodes, edges: shown.edges });
      print(svg ? drawingOf(shown, await layoutOf(shown), { style: FILE_STYLE }) : mermaidOf(shown));
    });
  addExamples(verb, [
    ['signalbox graph >> docs/flow.md', 'text for Mermaid'],
    ['signalbox graph --rates --modules', 'how much passes between the modules, and what fails'],
    ['signalbox graph --svg --search payment > payment.svg', 'a picture of what has to do with payments'],
  ]);
  return verb;
}
