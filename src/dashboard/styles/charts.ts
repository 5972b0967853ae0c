// Charts and the flow. Colours are those of the states; a chart's text grows on a phone, where the drawing is scaled down.

export const CHARTS = `
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: var(--s4); }
.chart { margin: 0; padding: var(--s3) var(--s4) var(--s3); min-width: 0; }
.chart figcaption { display: flex; flex-wrap: wrap; gap: var(--s1) var(--s4); justify-content: space-between; align-items: baseline; margin-bottom: var(--s2); }
.chart-title { font-size: 15px; font-weight: 620; }
.chart svg { display: block; width: 100%; height: auto; }
.chart text { font-size: 11px; fill: var(--ink-quiet); }
.chart-grid { stroke: var(--line); stroke-width: 1; }
.legend { display: flex; flex-wrap: wrap; gap: var(--s1) var(--s3); font-size: 12.5px; color: var(--ink-soft); }
.key { display: inline-flex; align-items: center; gap: 6px; }
.key::before { content: ""; width: 10px; height: 10px; border-radius: 3px; background: var(--state); }
.bar { fill: var(--state); }
.unfinished .bar { opacity: 0.4; }
.bars g:hover .bar { filter: brightness(1.15); }
.line { fill: none; stroke: var(--state); stroke-width: 1.8; stroke-linejoin: round; }
.dot { fill: var(--state); }
.line-p50 { --state: var(--running); } .line-p95 { --state: var(--cancelled); } .line-p99 { --state: var(--retrying); }
.hover { fill: transparent; } .hover:hover { fill: color-mix(in srgb, var(--ink) 6%, transparent); }
.chart-table { margin-top: var(--s2); font-size: 12.5px; }
.chart-table .table-wrap { max-height: 260px; overflow: auto; }
.live { align-self: flex-start; margin: auto var(--s3) 0; font-size: 12.5px; color: var(--ink-soft); border-radius: 20px; }
.live::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: var(--cancelled); }
.live[data-state="live"]::before { background: var(--completed); } .live[data-state="away"]::before { background: var(--dead); }
.live[hidden] { display: none; } .live + .person { margin-top: 0; }
.flow-words { color: var(--ink-soft); font-size: 13px; }
.spark { display: block; }
.spark-area { fill: color-mix(in srgb, var(--state) 18%, transparent); }
.spark-line { fill: none; stroke: var(--state); stroke-width: 1.4; }
.spark-dot { fill: var(--state); }

.flow-view { overflow: auto; padding: var(--s3); max-height: 78vh; background: var(--surface); border-radius: 0 0 var(--radius) var(--radius); }
.flow { display: block; margin: 0 auto; max-width: max(100%, 1560px); height: auto; font-family: var(--sans); font-size: 13px; }
.flow-shape, .flow-behind { fill: var(--raised); stroke: var(--line-strong); stroke-width: 1.2; }
.flow-signal .flow-shape { fill: var(--surface); }
.flow-name { fill: var(--ink); font-weight: 500; }
.flow-caption { fill: var(--ink-quiet); font-size: 11px; }
.flow-line { fill: none; stroke: var(--line-strong); stroke-width: 1.2; }
.flow-emits .flow-line { stroke-dasharray: 5 4; }
.flow-arrow { fill: var(--line-strong); }
.flow-weight-2 .flow-line { stroke-width: 1.7; } .flow-weight-3 .flow-line { stroke-width: 2.4; } .flow-weight-4 .flow-line { stroke-width: 3.4; }
.flow .is-busy { --state: var(--running); --state-ink: var(--running-ink); }
.flow .is-failing { --state: var(--retrying); --state-ink: var(--retrying-ink); }
.flow .is-paused { --state: var(--cancelled); --state-ink: var(--cancelled-ink); }
.flow-edge:not(.is-idle) .flow-line, .flow-node:not(.is-idle) .flow-shape { stroke: var(--state); }
.flow-edge:not(.is-idle) .flow-arrow { fill: var(--state); }
.flow-node.is-dead .flow-shape { fill: var(--dead-wash); } .flow-node.is-failing .flow-shape { fill: var(--retrying-wash); }
.flow-node.is-focus .flow-shape { stroke: var(--accent); stroke-width: 2.6; }
.flow a:hover .flow-shape { stroke: var(--accent); } .flow a:hover { text-decoration: none; }
.flow a:focus-visible { outline: none; } .flow a:focus-visible .flow-shape { stroke: var(--accent); stroke-width: 3; }
.flow-badge rect { fill: var(--state-wash, var(--ready-wash)); stroke: var(--state); stroke-width: 1; }
.flow-badge text { fill: var(--state-ink); font-size: 10.5px; font-weight: 600; }
.flow-label rect { fill: var(--surface); opacity: 0.9; }
.flow-label text { fill: var(--ink-soft); font-size: 11px; }
.flow-failures { fill: var(--state-ink, var(--dead-ink)); font-weight: 600; }
@media (max-width: 720px) {
  .chart text { font-size: 15px; }
  .flow-view { max-height: none; }
}
`;
