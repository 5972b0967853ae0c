// signalbox/dashboard: pages over the read model of a box, made on the server, as one handler of fetch. Each request passes here: its origin, its
// action and its token are checked before a route answers, and what comes out has the headers of the guard.
import { Hono } from 'hono';
import type { Signalbox } from '../box/box.ts';
import { Access, type Authorize, type DashboardAction, type DashboardUser } from './guard/access.ts';
import { type Assets, readAssets } from './assets.ts';
import { hasToken, secretOf, tokenOf } from './guard/csrf.ts';
import { formOf } from './guard/form.ts';
import { guardHeaders } from './guard/headers.ts';
import { Refusal } from './guard/refusal.ts';
import { isSameOrigin } from './guard/same-origin.ts';
import { failureOf } from './frame/failure.tsx';
import { mainOf, pageOf } from './frame/page.tsx';
import { backTo, lastPart } from './links.ts';
import { LiveSlots } from './live/slots.ts';
import { LIVE, liveStream } from './live/stream.ts';
import { type DashboardOptions, type DashboardSettings, settingsOf } from './options.ts';
import type { ActRoute, OperatedBox, PageRoute, Visit } from './route.ts';
import { ROUTES } from './routes.ts';

export { type NodeRequest, nodeHandler } from './node.ts';
export type { Authorize, DashboardAction, DashboardOptions, DashboardUser };

/**
 * The dashboard of a box, as a handler of fetch: give it every request below a prefix of your choice, with its address as it came. All its
 * links are relative, so the prefix is said nowhere else; `/prefix` leads to `/prefix/`. It needs the packages `hono`, `@hotwired/turbo`,
 * `d3-scale`, `d3-shape` and `@dagrejs/dagre`. It never rejects.
 * @throws SignalboxError `InvalidOption`, also without `authorize`
 * @example
 * const handle = dashboard(box, { authorize: async (request) => (await isAdmin(request)) && { name: await nameOf(request) } });
 * app.all('/ops/signals/*', (c) => handle(c.req.raw));
 */
export function dashboard(box: Signalbox, options: DashboardOptions): (request: Request) => Promise<Response> {
  const settings = settingsOf(options);
  const app = new Server(box, settings, readAssets()).app;
  return async (request) => app.fetch(request);
}

class Server {
  readonly app = new Hono({ getPath: ({ url }) => `/${lastPart(new URL(url).pathname)}` });
  readonly #box: OperatedBox;
  readonly #settings: DashboardSettings;
  readonly #assets: Assets;
  readonly #live: LiveSlots;

  constructor(box: OperatedBox, settings: DashboardSettings, assets: Assets) {
    this.#box = box;
    this.#settings = settings;
    this.#assets = assets;
    this.#live = new LiveSlots(settings.liveStreams);
    for (const [name, { type, text }] of assets) this.app.get(`/${name}`, () => asset(type, text));
    for (const route of ROUTES)
      this.app.on(route.method, `/${route.path}`, async ({ req: { raw } }) =>
        this.#guarded(route.path, () => (route.method === 'GET' ? this.#read(raw, route) : this.#act(raw, route))),
      );
    this.app.get('/live', async ({ req: { raw } }) => this.#guarded('live', () => this.#stay(raw)));
    this.app.notFound(async ({ req: { raw } }) => this.#guarded('', async () => elsewhere(raw)));
  }

  async #read(request: Request, route: PageRoute): Promise<Response> {
    const { secret, setCookie } = secretOf(request);
    const visit = await this.#visit(request, route.action, secret);
    const answer = await route.answer(visit);
    const response = answer instanceof Response ? answer : await pageOf(answer, { page: route.path, assets: this.#assets, visit });
    if (setCookie !== undefined) response.headers.append('set-cookie', setCookie);
    return response;
  }

  /** The stream of a page that stays open: each time, the page is asked for anew, as the browser would. */
  async #stay(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const asked = searchParams.get('page');
    const [path = '', search = ''] = backTo(asked).slice(2).split('?', 2);
    const route =
      asked !== backTo(asked) ? undefined : ROUTES.find((each): each is PageRoute => each.method === 'GET' && each.path === path);
    if (!route) throw new Refusal(404, 'There is no such page.');
    const page = new Request(new URL(`./${path}?${search}`, request.url), { headers: request.headers });
    const { secret } = secretOf(request);
    await this.#visit(page, route.action, secret);
    const content = async (): Promise<string | undefined> => {
      const visit = await this.#visit(page, route.action, secret);
      const answer = await route.answer(visit);
      return answer instanceof Response ? undefined : mainOf(answer, visit);
    };
    // Nothing is awaited from here on: the slot that is taken is that of the stream.
    return liveStream(() => this.#told(path, content), request.signal, { ...LIVE, onEnd: this.#live.take() });
  }

  /** Logs what no person did. @throws what `make` throws */
  async #told<T>(page: string, make: () => Promise<T>): Promise<T> {
    try {
      return await make();
    } catch (error) {
      if (failureOf(error).unexpected) this.#settings.log.error({ err: error, page }, 'a page of the dashboard failed');
      throw error;
    }
  }

  async #act(request: Request, route: ActRoute): Promise<Response> {
    if (!isSameOrigin(request)) throw new Refusal(403, 'This request comes from another site. Open the dashboard itself, and act there.');
    const { secret } = secretOf(request);
    const visit = await this.#visit(request, route.action, secret);
    const form = await formOf(request);
    if (!hasToken(form, request, visit.user.name))
      throw new Refusal(403, 'This form is of another session, or this browser keeps no cookies. Load its page again, and repeat the act.');
    return new Response(null, { status: 303, headers: { location: await route.answer(visit, form) } });
  }

  /** @throws Refusal for a person who may not do this */
  async #visit(request: Request, action: DashboardAction, secret: string): Promise<Visit> {
    const access = new Access(request, this.#settings.authorize, this.#settings);
    const user = await access.may(action);
    if (!user)
      throw new Refusal(
        403,
        this.#settings.readOnly
          ? `You may not do this here (${action}): the dashboard is read-only, or you lack the permission.`
          : `You lack the permission ${action}.`,
      );
    return {
      box: this.#box,
      request,
      query: new URL(request.url).searchParams,
      user,
      token: tokenOf(secret, user.name),
      traceLink: this.#settings.traceUrl,
      may: async (more) => (await access.may(more)) !== undefined,
    };
  }

  /** The answer, or the page of its failure, with the headers of the guard. */
  async #guarded(page: string, answer: () => Promise<Response>): Promise<Response> {
    let response: Response;
    try {
      response = await this.#told(page, answer);
    } catch (error) {
      response = await pageOf(failureOf(error), { page, assets: this.#assets, visit: undefined });
    }
    for (const [name, value] of Object.entries(guardHeaders())) if (!response.headers.has(name)) response.headers.set(name, value);
    return response;
  }
}

function asset(type: string, text: string): Response {
  const headers = { ...guardHeaders(), 'content-type': type, 'cache-control': 'private, max-age=31536000, immutable' };
  return new Response(text, { headers });
}

/** The prefix without its slash leads to the overview; nothing else is here. @throws Refusal */
function elsewhere({ method, url }: Request): Response {
  const { pathname, search } = new URL(url);
  const last = lastPart(pathname);
  if (method !== 'GET' || last === '' || last.includes('.')) throw new Refusal(404, 'There is no such page.');
  return new Response(null, { status: 302, headers: { location: `./${last}/${search}` } });
}
