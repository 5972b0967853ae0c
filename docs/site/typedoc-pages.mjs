// For typedoc: modules of the API reference are called what users import, not what their files are called, and headings
// keep the ids that typedoc links them by.
const NAMES = {
  index: 'signalbox',
  schema: 'signalbox/schema',
  'dashboard/dashboard': 'signalbox/dashboard',
  'nest/module': 'signalbox/nest',
  'otel/extension': 'signalbox/otel',
  'prometheus/metrics': 'signalbox/prometheus',
  testing: 'signalbox/testing',
  'testing/jest': 'signalbox/testing/jest',
  'testing/vitest': 'signalbox/testing/vitest',
  'vitest-plugin': 'signalbox/vitest-plugin',
};

export function load(app) {
  app.converter.on('resolveBegin', ({ project }) => {
    for (const module of project.children ?? []) module.name = NAMES[module.name] ?? module.name;
  });
  app.renderer.on('endPage', (page) => {
    let parts = 0;
    page.contents = page.contents
      ?.replace(/<a id="([^"]+)"><\/a>\n+(#+ .+)/g, '$2 {#$1}')
      // The others, such as "Returns", get ids that none of those can have.
      .replace(/^#+ .*[^}\n]$/gm, (heading) => `${heading} {#part.${++parts}}`);
  });
}
