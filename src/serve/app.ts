import express, { type Express } from 'express';
import type { Metrics } from '../telemetry/metrics.ts';

export interface AppOptions {
  readonly metrics: Metrics;
  /** Returns why no reviews should be sent to this replica, or undefined if they can be. */
  readonly unready: () => string | undefined;
}

/** Answers kubelet and Prometheus. They have no client certificate, and so get plain HTTP on a separate port. */
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
