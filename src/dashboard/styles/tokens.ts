// Type, spacing and colours, light and dark. Each state of a delivery has one colour everywhere: a lamp, a badge, a line of a chart. `-ink` is the
// form for text, which has a contrast of 4.5 at least to the surface and to its own `-wash`.

export const TOKENS = `
:root {
  color-scheme: light dark;
  --sans: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  --s1: 4px; --s2: 8px; --s3: 12px; --s4: 16px; --s5: 24px; --s6: 40px;
  --radius: 10px; --radius-small: 6px;

  --ground: #f4f5f7; --surface: #ffffff; --raised: #fafbfc; --sunk: #eef0f3;
  --line: #dfe3e8; --line-strong: #c3cad3;
  --ink: #161b22; --ink-soft: #4d5866; --ink-quiet: #626d7b;
  --accent: #2456d6; --accent-ink: #1f4cc0; --accent-wash: #e9effd; --on-accent: #ffffff;
  --shadow: 0 1px 2px rgb(20 27 36 / 6%), 0 4px 16px -8px rgb(20 27 36 / 12%);

  --ready: #c98a04; --ready-ink: #7d5300; --ready-wash: #fdf3d9;
  --running: #2f6bea; --running-ink: #1f4cc0; --running-wash: #e6eefd;
  --completed: #1d9a57; --completed-ink: #0f6b3a; --completed-wash: #e1f5ea;
  --dead: #d93a2e; --dead-ink: #ab2118; --dead-wash: #fdebe9;
  --cancelled: #7d8896; --cancelled-ink: #4d5866; --cancelled-wash: #edf0f3;
  --retrying: #d9701a; --retrying-ink: #98470a; --retrying-wash: #fdeedf;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0d1117; --surface: #151b23; --raised: #1a212b; --sunk: #10161d;
    --line: #27303b; --line-strong: #3a4654;
    --ink: #e7ecf2; --ink-soft: #aeb8c4; --ink-quiet: #8d99a7;
    --accent: #5b8cff; --accent-ink: #8fb0ff; --accent-wash: #1a2742; --on-accent: #0b1220;
    --shadow: 0 1px 2px rgb(0 0 0 / 40%);

    --ready: #e3ab2f; --ready-ink: #f0c260; --ready-wash: #2d2511;
    --running: #5b8cff; --running-ink: #93b3ff; --running-wash: #17233d;
    --completed: #35c26b; --completed-ink: #62d98f; --completed-wash: #10291b;
    --dead: #f0564a; --dead-ink: #ff8d83; --dead-wash: #35171a;
    --cancelled: #8592a1; --cancelled-ink: #aeb8c4; --cancelled-wash: #202833;
    --retrying: #f08a3c; --retrying-ink: #ffad70; --retrying-wash: #331f10;
  }
}
`;
