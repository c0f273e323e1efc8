// Ten thousand mixed requests, honest and not, leave the server's memory where it was. GX_BINARY may name a sanitizer build, whose report
// at the end then counts too.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { client, raw, signIn, startServer } from './support.mjs';

const resident = (server) => Number(readFileSync(`/proc/${server.child.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);

test('10,000 mixed requests leave memory flat', { timeout: 300000 }, async () => {
  const server = await startServer();
  try {
    const one = await signIn(server, 'sysadmin'), nobody = client(server);
    const asks = [
      () => nobody.get('/healthz'),
      () => one.get(`/api/v1/registers/enterprise/records?q=${encodeURIComponent('山推')}`),
      () => one.get('/api/v1/registers/project/records?size=20&sort=-id'),
      () => one.get('/api/v1/matters'),
      () => one.get('/api/v1/cases'),
      () => one.get('/api/v1/nothing'),
      () => one.post('/api/v1/registers/grid/records', { id: 'G01', colour: 'red' }),
      () => one.post('/api/v1/registers/grid/records', '{"id": '),
      () => nobody.post('/api/v1/session', '['.repeat(5000)),
      () => raw(server.port, 'GET /..%2f HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
    ];
    const send = async (count) => {
      let next = 0;
      const worker = async () => {
        while (next < count) {
          const { status } = await asks[next++ % asks.length]();
          assert.ok(status >= 200 && status < 500, `${status}`);
        }
      };
      await Promise.all(Array.from({ length: 16 }, worker));
    };
    await send(2000); // caches and thread stacks are filled
    const before = resident(server);
    await send(10000);
    const grown = resident(server) - before;
    assert.ok(grown < 8192, `${grown} KiB more than the ${before} KiB before`);
  } finally {
    const { code, signal } = await server.stop();
    assert.ok(code === 0 && signal === null, `${code} ${signal} ${server.said().slice(-3000)}`);
  }
});
