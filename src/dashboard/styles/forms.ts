// Buttons, fields and filters.

export const FORMS = `
.button, button { display: inline-flex; align-items: center; justify-content: center; gap: 6px; min-height: 32px; padding: 4px 13px; border: 1px solid var(--line-strong); border-radius: var(--radius-small); background: var(--surface); color: var(--ink); font: inherit; font-weight: 540; cursor: pointer; white-space: nowrap; }
.button:hover, button:hover { background: var(--sunk); text-decoration: none; }
.button.main, button.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
.button.main:hover, button.main:hover { background: var(--accent-ink); border-color: var(--accent-ink); }
.button.danger, button.danger { color: var(--dead-ink); border-color: color-mix(in srgb, var(--dead) 45%, var(--line)); }
.button.danger:hover, button.danger:hover { background: var(--dead-wash); }
button.small, .button.small { min-height: 27px; padding: 1px 10px; font-size: 13px; }
button[disabled] { opacity: 0.5; cursor: default; }
input, select, textarea { font: inherit; color: inherit; background: var(--surface); border: 1px solid var(--line-strong); border-radius: var(--radius-small); padding: 5px 9px; min-height: 32px; width: 100%; min-width: 0; }
input[type="checkbox"], input[type="radio"] { width: auto; min-height: 0; accent-color: var(--accent); }
label { display: flex; flex-direction: column; gap: 3px; font-size: 12.5px; color: var(--ink-soft); min-width: 0; }
label.check { flex-direction: row; align-items: center; gap: 7px; font-size: 14px; color: var(--ink); }
fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
legend { padding: 0; font-size: 12.5px; color: var(--ink-soft); }
.filter { padding: var(--s3) var(--s4) var(--s4); display: flex; flex-direction: column; gap: var(--s3); }
.fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(180px, 1fr)); gap: var(--s3); align-items: end; }
.chips { display: flex; flex-wrap: wrap; gap: 6px; }
.chip { display: inline-flex; align-items: center; gap: 7px; padding: 3px 12px; border: 1px solid var(--line-strong); border-radius: 20px; color: var(--ink-soft); font-weight: 520; background: var(--surface); cursor: pointer; font-size: 13px; flex-direction: row; }
.chip:hover { background: var(--sunk); text-decoration: none; }
.chip:has(:checked), .chip[aria-current] { background: var(--state-wash, var(--accent-wash)); border-color: var(--state, var(--accent)); color: var(--state-ink, var(--accent-ink)); }
.chip input { position: absolute; opacity: 0; width: 1px; height: 1px; }
.chip:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: 2px; }
.inline { display: inline-flex; gap: var(--s2); }
.go { display: flex; flex-wrap: wrap; gap: var(--s2); align-items: center; }
`;
