import express, { type Express } from 'express';
import type { Metrics } from '../telemetry/metrics.ts';

export interface AppOptions {
  readonly metrics: Metrics;
  /** Why no reviews should be sent here; undefined when they may be. */
  readonly unready: () => string | undefined;
}

/** What kubelet and Prometheus ask, over plain HTTP on a port of their own: they have no client certificate. */
export function createApp({ metrics, unready }: AppOptions): Express {
  const app = express();
  app.disable('etag');
  app.disable('x-powered-by');
  app.get('/livez', (_request, response) => {
    response.type('text').send('ok\n');
  });
  app.get('/readyz', (_request, response) => {
    const reason = unready();
    response
      .status(reason === undefined ? 200 : 503)
      .type('text')
      .send(`${reason ?? 'ok'}\n`);
  });
  app.get('/metrics', async (_request, response) => {
    const { type, text } = await metrics.expose();
    response.set('Content-Type', type).send(text);
  });
  return app;
}
