// box.healthHandler: what a probe, or a scraper, asks a process by HTTP. `/live` asks nothing but the process itself: a database that is away
// must not have it restarted, which would help nobody.
import type { OptionTable } from '../core/options.ts';
import { object } from '../core/rules.ts';
import { within } from '../liveness/call-timeout.ts';
import { errorReport } from '../core/error-report.ts';
import type { Health } from './health.ts';

/** What has metrics to show: a `Registry` of prom-client. */
export interface MetricsSource {
  readonly contentType: string;
  /** The text of `/metrics`. */
  metrics(): Promise<string>;
}

/** Options of `box.healthHandler`. */
export interface HealthHandlerOptions {
  /** Answers `/metrics`: a registry of prom-client, into which `registerMetrics` of `signalbox/prometheus` has put this box. Default: there is no such page. */
  readonly metrics?: MetricsSource;
}

export const HEALTH_HANDLER_OPTIONS: OptionTable<HealthHandlerOptions> = { metrics: object('a registry of prom-client') };

/** Answers a request of the Fetch API. Never rejects. */
export type FetchHandler = (request: Request) => Promise<Response>;

/** A probe waits for a second or a few. */
const PATIENCE_MS = 3_000;

/** @param health never rejects, but may wait */
export function healthHandlerOf(health: () => Promise<Health>, { metrics }: HealthHandlerOptions): FetchHandler {
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'Ask with GET.', { allow: 'GET, HEAD' });
    // Under any prefix: the last part of the path says what is asked.
    const asked = new URL(request.url).pathname.replace(/\/+$/, '').split('/').at(-1);
    switch (asked) {
      case 'live':
        return text(200, 'alive');
      case 'ready':
        return readiness(health);
      case 'metrics':
        return metrics
          ? shown(metrics)
          : text(404, 'This process has no metrics: install prom-client, or give `metrics` to box.healthHandler.');
      default:
        return text(404, 'Ask for /live, /ready or /metrics.');
    }
  };
}

/** A collector of the application may throw. */
async function shown(metrics: MetricsSource): Promise<Response> {
  try {
    return new Response(await metrics.metrics(), { headers: { 'content-type': metrics.contentType, 'cache-control': 'no-store' } });
  } catch (error) {
    return text(500, `The metrics could not be collected: ${nameOf(error)}.`);
  }
}

/** What failed is told by its code or name alone: the text of an error may name hosts and users. */
async function readiness(health: () => Promise<Health>): Promise<Response> {
  const { ok, database, workers } = await within(PATIENCE_MS, 'a probe', health()).catch((error: unknown): Health => ({
    ok: false,
    database: { ok: false, error },
    workers: [],
  }));
  const body = { ok, database: database.ok ? 'ok' : nameOf(database.error), workers };
  return new Response(`${JSON.stringify(body)}\n`, {
    status: ok ? 200 : 503,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  });
}

function nameOf(error: unknown): string {
  const { code, name } = errorReport(error);
  return code ?? name;
}

const text = (status: number, body: string, headers: Record<string, string> = {}): Response =>
  new Response(`${body}\n`, { status, headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', ...headers } });
