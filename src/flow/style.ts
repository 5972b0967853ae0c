// The style sheet of a picture that stands in a file of its own, light and dark. Pages have the same classes in theirs.
export const FILE_STYLE = `
.flow{font:13px ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;background:#fff;--ground:#fff;--ink:#1d2433;--soft:#5d677b;--line:#b9c2d0;--box:#f7f9fc;--busy:#2f6fde;--failing:#b45309;--dead:#c5283d;--paused:#7a5bc4}
@media (prefers-color-scheme:dark){.flow{background:#10141c;--ground:#10141c;--ink:#e6eaf2;--soft:#9aa5b8;--line:#4a556a;--box:#1a212d;--busy:#7aa7ff;--failing:#f0a53a;--dead:#ff7282;--paused:#b39bf0}}
.flow-shape,.flow-behind{fill:var(--box);stroke:var(--line);stroke-width:1.2}
.flow-signal .flow-shape{fill:var(--ground)}
.flow-name{fill:var(--ink);font-weight:500}
.flow-caption{fill:var(--soft);font-size:11px}
.flow-line{fill:none;stroke:var(--line);stroke-width:1.2}
.flow-emits .flow-line{stroke-dasharray:5 4}
.flow-arrow{fill:var(--line)}
.flow-weight-2 .flow-line{stroke-width:1.7}.flow-weight-3 .flow-line{stroke-width:2.4}.flow-weight-4 .flow-line{stroke-width:3.4}
.is-busy .flow-line,.is-busy .flow-shape{stroke:var(--busy)}.is-busy .flow-arrow{fill:var(--busy)}
.is-failing .flow-line,.is-failing .flow-shape{stroke:var(--failing)}.is-failing .flow-arrow,.is-failing .flow-failures{fill:var(--failing)}
.is-dead .flow-line,.is-dead .flow-shape{stroke:var(--dead)}.is-dead .flow-arrow,.is-dead .flow-failures{fill:var(--dead)}
.is-paused .flow-shape{stroke:var(--paused)}
.is-focus .flow-shape{stroke-width:2.4}
.flow-badge rect{fill:var(--soft)}.flow-badge.is-dead rect{fill:var(--dead)}.flow-badge.is-paused rect{fill:var(--paused)}
.flow-badge text{fill:var(--ground);font-size:10.5px;font-weight:600}
.flow-label rect{fill:var(--ground);opacity:.88}.flow-label text{fill:var(--soft);font-size:11px}
`.trim();
