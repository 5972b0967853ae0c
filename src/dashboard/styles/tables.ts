// Tables: dense on a screen; on a phone each row is a card of its own, whose cells say what they are.

export const TABLES = `
.table-wrap { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-size: 12px; font-weight: 560; color: var(--ink-quiet); padding: 9px var(--s3); border-bottom: 1px solid var(--line); white-space: nowrap; background: var(--raised); }
td { padding: 9px var(--s3); border-bottom: 1px solid var(--line); vertical-align: top; }
th:first-child, td:first-child { padding-left: var(--s4); } th:last-child, td:last-child { padding-right: var(--s4); }
thead tr:first-child th:first-child { border-top-left-radius: var(--radius); } thead tr:first-child th:last-child { border-top-right-radius: var(--radius); }
.card > .card-head + .table-wrap th, .card > h2 + .table-wrap th { border-radius: 0; }
tbody tr:last-child td { border-bottom: 0; }
tbody tr:hover { background: var(--raised); }
.num { text-align: right; white-space: nowrap; }
.zero { color: var(--ink-quiet); }
.nowrap { white-space: nowrap; }
.wide { min-width: 220px; overflow-wrap: anywhere; }
.sub { display: block; color: var(--ink-quiet); font-size: 12.5px; overflow-wrap: break-word; }
.name { font-weight: 560; overflow-wrap: break-word; }
.which { min-width: 168px; overflow-wrap: break-word; }
.hot { color: var(--dead-ink); font-weight: 600; }
.warm { color: var(--ready-ink); font-weight: 600; }
.pager { display: flex; gap: var(--s2); align-items: center; }
@media (max-width: 720px) {
  .rows thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .rows, .rows tbody, .rows tr, .rows td { display: block; width: 100%; }
  .rows tr { padding: var(--s3) var(--s4); border-bottom: 1px solid var(--line); }
  .rows tbody tr:last-child { border-bottom: 0; }
  .rows td, .rows td:first-child, .rows td:last-child { padding: 2px 0; border: 0; }
  .rows td[data-label] { display: grid; grid-template-columns: 112px minmax(0, 1fr); gap: var(--s3); text-align: left; white-space: normal; }
  .rows td .badge { justify-self: start; }
  .rows td[data-label]::before { content: attr(data-label); color: var(--ink-quiet); }
  .rows td.none { display: none; }
}
`;
