import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/**
 * What the webhook is measured against, each in a process of its own: it parses the same review and allows it.
 * Arguments: `bare` or `express`, the certificate's file, the key's file.
 */
const [which, cert = '', key = ''] = process.argv.slice(2);
const tls = { cert: readFileSync(cert), key: readFileSync(key), keepAliveTimeout: 120_000 };

interface Review {
  readonly request: { readonly uid: string };
}

function allow({ request }: Review): object {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: request.uid, allowed: true },
  };
}

function bare() {
  return createServer(tls, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.stringify(allow(JSON.parse(Buffer.concat(chunks).toString()) as Review));
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
      response.end(body);
    });
  });
}

async function withExpress() {
  // Only here: the bare server must not carry it.
  const { default: express } = await import('express');
  const app = express();
  app.disable('etag');
  app.disable('x-powered-by');
  app.use(express.json({ inflate: false, limit: '8mb', type: 'application/json' }));
  app.post('/validate', (request, response) => {
    response.json(allow(request.body as Review));
  });
  return createServer(tls, app);
}

const server = which === 'express' ? await withExpress() : bare();
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ msg: 'listening', port: (server.address() as AddressInfo).port })}\n`);
});
