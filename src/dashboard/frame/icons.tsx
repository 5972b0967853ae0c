// The pictures of the frame: the icons of its pages, and the mark of the dashboard, a signal with three lamps.
import type { FC } from 'hono/jsx';

const PATHS: Readonly<Record<string, string>> = {
  '': 'M3 10.5 10 4l7 6.5M5 9v7h10V9',
  flow: 'M5 5h3v3H5zM12 3.5h3v3h-3zM12 13.5h3v3h-3zM8 6.5h2.5v8.5H12M10.5 6.5V5H12',
  deliveries: 'M3.5 6.5 10 3l6.5 3.5v7L10 17l-6.5-3.5zM3.5 6.5 10 10l6.5-3.5M10 10v7',
  errors: 'M10 3.5 17.5 16h-15zM10 8v4M10 14v.2',
  receivers: 'M4 4h12v5H4zM4 11h12v5H4zM6.5 6.5h.1M6.5 13.5h.1',
  workers: 'M6 6h8v8H6zM8 3v3M12 3v3M8 14v3M12 14v3M3 8h3M3 12h3M14 8h3M14 12h3',
  errands: 'M4 5.5h8M4 10h12M4 14.5h6M14 13l3 2-3 2z',
  audit: 'M5 3h7l3 3v11H5zM12 3v3h3M7.5 10h5M7.5 13h5',
};

export const Icon: FC<{ page: string }> = ({ page }) => (
  <svg class="icon" viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
    <path d={PATHS[page] ?? ''} fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" />
  </svg>
);

export const Mark: FC = () => (
  <svg class="mark" viewBox="0 0 20 32" width="17" height="27" aria-hidden="true">
    <rect class="mark-body" x="1" y="1" width="18" height="30" rx="9" />
    <circle class="mark-dead" cx="10" cy="8" r="3.2" />
    <circle class="mark-due" cx="10" cy="16" r="3.2" />
    <circle class="mark-done" cx="10" cy="24" r="3.2" />
  </svg>
);

export const FAVICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect x="8" y="1" width="16" height="30" rx="8" fill="#1c2430"/><circle cx="16" cy="8" r="3" fill="#f0564a"/><circle cx="16" cy="16" r="3" fill="#f0b429"/><circle cx="16" cy="24" r="3" fill="#35c26b"/></svg>';
