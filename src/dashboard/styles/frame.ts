// The frame: the menu beside the content, or above it on a phone.

export const FRAME = `
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 14px/1.5 var(--sans); font-variant-numeric: tabular-nums; display: grid; grid-template-columns: 216px minmax(0, 1fr); min-height: 100vh; }
h1, h2, h3, p, dl, dd, ol, ul, pre, figure { margin: 0; padding: 0; }
h1 { font-size: 22px; line-height: 1.25; font-weight: 650; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { font-size: 15px; line-height: 1.35; font-weight: 620; letter-spacing: -0.005em; }
h3 { font-size: 13px; font-weight: 600; }
a { color: var(--accent-ink); text-decoration: none; }
a:hover, p a:not(.button) { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
code, pre, .mono { font-family: var(--mono); font-size: 12.5px; }
.skip { position: absolute; left: var(--s4); top: -60px; background: var(--accent); color: var(--on-accent); padding: var(--s2) var(--s4); border-radius: var(--radius-small); z-index: 10; }
.skip:focus { top: var(--s3); }

.side { position: sticky; top: 0; align-self: start; height: 100vh; display: flex; flex-direction: column; gap: var(--s4); padding: var(--s5) var(--s3) var(--s4); border-right: 1px solid var(--line); background: var(--surface); }
.brand { display: flex; align-items: center; gap: 10px; padding: 0 var(--s3); color: var(--ink); font-weight: 680; font-size: 16px; letter-spacing: -0.02em; }
.brand:hover { text-decoration: none; }
.mark-body { fill: #1c2430; stroke: var(--line-strong); stroke-width: 1; }
.mark-dead { fill: #f0564a; } .mark-due { fill: #f0b429; } .mark-done { fill: #35c26b; }
.menu { display: flex; flex-direction: column; gap: 2px; }
.menu a { display: flex; align-items: center; gap: 10px; padding: 7px var(--s3); border-radius: var(--radius-small); color: var(--ink-soft); font-weight: 520; }
.menu a:hover { background: var(--sunk); color: var(--ink); text-decoration: none; }
.menu a[aria-current] { background: var(--accent-wash); color: var(--accent-ink); }
.icon { flex: none; }
.person { margin-top: auto; padding: var(--s3) var(--s3) 0; border-top: 1px solid var(--line); color: var(--ink-soft); font-size: 12.5px; overflow-wrap: anywhere; }

main { padding: var(--s5) clamp(16px, 3vw, 40px) var(--s6); max-width: 1320px; width: 100%; display: flex; flex-direction: column; gap: var(--s4); outline: none; }
.head { display: flex; flex-wrap: wrap; align-items: flex-end; gap: var(--s2) var(--s4); justify-content: space-between; }
.head-text { min-width: 0; display: flex; flex-direction: column; gap: 2px; }
.crumb { color: var(--ink-quiet); font-size: 13px; }
.lead { color: var(--ink-soft); max-width: 72ch; }
.acts { display: flex; flex-wrap: wrap; gap: var(--s2); align-items: center; }
.quiet { color: var(--ink-quiet); }
.notice { padding: 10px var(--s4); border-radius: var(--radius); background: var(--completed-wash); color: var(--completed-ink); border: 1px solid color-mix(in srgb, var(--completed) 35%, transparent); font-weight: 520; }
.warn { padding: 10px var(--s4); border-radius: var(--radius); background: var(--ready-wash); color: var(--ready-ink); border: 1px solid color-mix(in srgb, var(--ready) 40%, transparent); }

@media (max-width: 860px) {
  body { display: block; }
  .side { position: static; height: auto; flex-direction: row; flex-wrap: wrap; align-items: center; gap: var(--s2) var(--s3); padding: var(--s3) var(--s4) 0; border-right: 0; border-bottom: 1px solid var(--line); }
  .brand { padding: 0; }
  .person { margin: 0 0 0 auto; padding: 0; border: 0; }
  .menu { order: 3; flex-direction: row; width: calc(100% + 32px); margin: 0 -16px; padding: 0 12px; overflow-x: auto; scrollbar-width: none; }
  .menu a { padding: 10px 10px 12px; border-radius: 0; white-space: nowrap; border-bottom: 2px solid transparent; }
  .menu a[aria-current] { background: none; border-bottom-color: var(--accent); }
  .menu .icon { display: none; }
  main { padding: var(--s4); }
  h1 { font-size: 20px; }
}
@media (prefers-reduced-motion: no-preference) {
  .menu a, .button, .chip, tbody tr { transition: background-color 120ms, border-color 120ms, color 120ms; }
}
`;
