// One page as HTML: its content in the frame. Every control character that came with the data is shown, here and once, for all of them.
import type { FC } from 'hono/jsx';
import { escaped } from '../../core/visible.ts';
import { type Assets, assetLink } from '../assets.ts';
import { guardHeaders, newNonce } from '../guard/headers.ts';
import { link } from '../links.ts';
import type { Content, Visit } from '../route.ts';
import { Icon, Mark } from './icons.tsx';
import { Notice } from './notice.tsx';

interface Frame {
  /** The path of the page, for the menu. */
  readonly page: string;
  readonly assets: Assets;
  /** `undefined`: the page says why there is none. */
  readonly visit: Visit | undefined;
}

/** A promise where a component of it is one. */
interface Rendered {
  toString(): string | Promise<string>;
}

/** The pages of the menu. */
const MENU: readonly (readonly [page: string, name: string])[] = [
  ['', 'Overview'],
  ['flow', 'Flow'],
  ['deliveries', 'Deliveries'],
  ['errors', 'Errors'],
  ['receivers', 'Receivers'],
  ['workers', 'Workers'],
  ['errands', 'Errands'],
  ['audit', 'Audit'],
];

/** In the menu, where a page belongs that is not there itself. */
const BELONGS: Readonly<Record<string, string>> = {
  delivery: 'deliveries',
  emission: 'deliveries',
  bulk: 'deliveries',
  errand: 'errands',
  receiver: 'receivers',
};

export async function pageOf(content: Content, { page, assets, visit }: Frame): Promise<Response> {
  const nonce = newNonce();
  // Its declared type has the `toString` of every object, which promises nothing.
  const element: Rendered = <Page content={content} page={page} assets={assets} visit={visit} nonce={nonce} />;
  const html = await element.toString();
  return new Response(`<!doctype html>\n${escaped(html)}`, {
    status: content.status ?? 200,
    headers: { ...content.headers, ...guardHeaders(nonce), 'content-type': 'text/html; charset=utf-8' },
  });
}

/** What stands in the frame, for the stream of a page that is open. */
export async function mainOf(content: Content, visit: Visit): Promise<string> {
  const element: Rendered = <Main content={content} visit={visit} />;
  return escaped(await element.toString());
}

const Page: FC<Frame & { content: Content; nonce: string }> = ({ content, page, assets, visit, nonce }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <title>{`${content.title} · Signalbox`}</title>
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="robots" content="noindex" />
      <meta name="csp-nonce" content={nonce} />
      <meta name="turbo-refresh-method" content="morph" />
      <meta name="turbo-refresh-scroll" content="preserve" />
      <meta name="turbo-prefetch" content="false" />
      <link rel="icon" href={assetLink(assets, 'icon.svg')} type="image/svg+xml" />
      <link rel="stylesheet" href={assetLink(assets, 'style.css')} nonce={nonce} data-turbo-track="reload" />
      <script src={assetLink(assets, 'turbo.js')} nonce={nonce} defer data-turbo-track="reload"></script>
      <script src={assetLink(assets, 'live.js')} nonce={nonce} defer data-turbo-track="reload"></script>
    </head>
    <body>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class="side">
        <a class="brand" href={link('')}>
          <Mark />
          <span>Signalbox</span>
        </a>
        <nav class="menu" aria-label="Pages">
          {MENU.map(([name, label]) => (
            <a href={link(name)} aria-current={(BELONGS[page] ?? page) === name ? 'page' : undefined}>
              <Icon page={name} />
              <span>{label}</span>
            </a>
          ))}
        </nav>
        {visit && (
          // The script shows it: without one, nothing is live.
          <button type="button" class="small live" id="live" aria-pressed="false" hidden>
            <span>Live</span>
          </button>
        )}
        {visit && (
          <p class="person">
            <span class="quiet">as</span> {visit.user.name}
            {visit.box.schema === 'signalbox' ? null : <span class="quiet"> in {visit.box.schema}</span>}
          </p>
        )}
      </header>
      <main id="content" tabindex={-1}>
        <Main content={content} visit={visit} />
      </main>
    </body>
  </html>
);

const Main: FC<{ content: Content; visit: Visit | undefined }> = ({ content, visit }) => (
  <>
    {visit && <Notice done={visit.query.get('done')} />}
    {content.body}
  </>
);
