// What pages are made of: cards, lamps and badges of states, numbers, lists of terms, code, and the page that has nothing to show.

export const PARTS = `
.card { background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: var(--shadow); min-width: 0; }
.card > h2, .card > .card-head { padding: var(--s3) var(--s4); border-bottom: 1px solid var(--line); }
.card-head { display: flex; flex-wrap: wrap; gap: var(--s2) var(--s3); align-items: baseline; justify-content: space-between; }
.card > h2:last-child { border-bottom: 0; }
.card-body { padding: var(--s4); display: flex; flex-direction: column; gap: var(--s3); }
.card-foot { padding: var(--s3) var(--s4); border-top: 1px solid var(--line); display: flex; flex-wrap: wrap; gap: var(--s2) var(--s4); align-items: center; justify-content: space-between; color: var(--ink-soft); }
.columns { display: grid; grid-template-columns: minmax(0, 1.7fr) minmax(0, 1fr); gap: var(--s4); align-items: start; }
.stack { display: flex; flex-direction: column; gap: var(--s4); min-width: 0; }
@media (max-width: 1080px) { .columns { grid-template-columns: minmax(0, 1fr); } }

.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(132px, 1fr)); gap: var(--s3); }
.figure { display: flex; flex-direction: column; gap: 2px; padding: var(--s3) var(--s4); background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: var(--shadow); color: inherit; }
a.figure:hover { border-color: var(--line-strong); text-decoration: none; }
.figure-name { display: flex; align-items: center; gap: 7px; color: var(--ink-soft); font-size: 12.5px; font-weight: 520; }
.figure-value { font-size: 27px; line-height: 1.15; font-weight: 640; letter-spacing: -0.03em; }
.figure-value.zero { color: var(--ink-quiet); font-weight: 500; }
.figure-more { color: var(--ink-quiet); font-size: 12.5px; }

.lamp { display: inline-block; flex: none; width: 9px; height: 9px; border-radius: 50%; background: var(--state); box-shadow: 0 0 0 3px color-mix(in srgb, var(--state) 22%, transparent); }
.badge { display: inline-flex; align-items: center; gap: 7px; padding: 1px 9px 1px 7px; border-radius: 20px; font-size: 12.5px; font-weight: 560; background: var(--state-wash); color: var(--state-ink); white-space: nowrap; }
.badge .lamp { width: 7px; height: 7px; box-shadow: none; }
.is-ready, .is-due, .is-stopping { --state: var(--ready); --state-ink: var(--ready-ink); --state-wash: var(--ready-wash); }
.is-running, .is-working { --state: var(--running); --state-ink: var(--running-ink); --state-wash: var(--running-wash); }
.is-completed, .is-done, .is-live { --state: var(--completed); --state-ink: var(--completed-ink); --state-wash: var(--completed-wash); }
.is-dead, .is-lost, .is-orphaned { --state: var(--dead); --state-ink: var(--dead-ink); --state-wash: var(--dead-wash); }
.is-cancelled, .is-later, .is-retired, .is-stopped { --state: var(--cancelled); --state-ink: var(--cancelled-ink); --state-wash: var(--cancelled-wash); }
.is-retrying, .is-paused { --state: var(--retrying); --state-ink: var(--retrying-ink); --state-wash: var(--retrying-wash); }

.terms { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 7px var(--s4); padding: var(--s4); }
.terms dt { color: var(--ink-quiet); }
.terms dd { overflow-wrap: anywhere; }
.code { margin: 0; padding: var(--s3) var(--s4); background: var(--sunk); border-radius: var(--radius-small); overflow: auto; max-height: 480px; white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.55; tab-size: 2; }
details > summary { cursor: pointer; color: var(--accent-ink); width: max-content; max-width: 100%; }
details[open] > summary { margin-bottom: var(--s2); }
.error-name { font-weight: 600; color: var(--dead-ink); overflow-wrap: anywhere; }
.error-text { overflow-wrap: anywhere; white-space: pre-wrap; }

.blank { display: flex; flex-direction: column; align-items: flex-start; gap: var(--s2); padding: clamp(24px, 8vh, 96px) 0; max-width: 64ch; overflow-wrap: anywhere; }
.blank-code { font: 600 13px var(--mono); color: var(--ink-quiet); }
.blank .button { margin-top: var(--s3); }
.empty { display: flex; flex-direction: column; align-items: center; gap: var(--s1); padding: var(--s6) var(--s4); text-align: center; color: var(--ink-soft); }
.empty strong { color: var(--ink); font-size: 15px; font-weight: 600; }

.timeline { list-style: none; display: flex; flex-direction: column; padding: var(--s4); gap: 0; }
.timeline li { position: relative; padding: 0 0 var(--s4) var(--s5); min-width: 0; }
.timeline li::before { content: ""; position: absolute; left: 4px; top: 14px; bottom: -6px; width: 1px; background: var(--line-strong); }
.timeline li:last-child { padding-bottom: 0; } .timeline li:last-child::before { display: none; }
.timeline .lamp { position: absolute; left: 0; top: 6px; }
.timeline-head { display: flex; flex-wrap: wrap; gap: 2px var(--s3); justify-content: space-between; font-weight: 560; }
.timeline-head .quiet { font-weight: 400; }
.timeline-head time { font-weight: 400; color: var(--ink-quiet); }
.words { list-style: none; display: flex; flex-wrap: wrap; gap: 2px var(--s3); }
.plain { color: var(--ink-soft); }
.tree { list-style: none; padding-left: var(--s4); border-left: 1px solid var(--line); display: flex; flex-direction: column; gap: var(--s2); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.clamp { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
.share { display: block; width: 64px; height: 5px; margin: 4px 0 0 auto; appearance: none; border: 0; border-radius: 5px; background: var(--sunk); overflow: hidden; }
.share::-webkit-meter-bar { background: var(--sunk); border: 0; border-radius: 5px; height: 5px; }
.share::-webkit-meter-optimum-value { background: var(--dead); border-radius: 5px; }
.share::-moz-meter-bar { background: var(--dead); }
.ask { position: relative; }
.ask > summary { list-style: none; color: inherit; }
.ask > summary::-webkit-details-marker { display: none; }
.ask > summary.danger { color: var(--dead-ink); }
.ask[open] > summary { margin: 0; background: var(--sunk); }
.ask-form { position: absolute; right: 0; top: calc(100% + 6px); z-index: 5; width: min(340px, 86vw); padding: var(--s4); display: flex; flex-direction: column; gap: var(--s3); background: var(--surface); border: 1px solid var(--line-strong); border-radius: var(--radius); box-shadow: 0 10px 30px -8px rgb(0 0 0 / 28%); }
.progress { height: 6px; border-radius: 6px; background: var(--sunk); overflow: hidden; width: 100%; appearance: none; border: 0; }
`;
