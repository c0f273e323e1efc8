// The page and the server speak of the same API: each call in web/src/api.ts is a path and a method of the server's own document.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, startServer } from './support.mjs';

/** `/cases/${at(number)}/withdraw` and its method, as `POST /cases/{}/withdraw`. */
function callsOf(source) {
  const calls = new Set();
  const pattern = /(ask(?:WithTag)?|send|upload)(?:<[^(]*>)?\(\s*(?:`|')(\/[^`']*)(?:`|')([^;\n]*(?:\n\s+(?:method|matter|ifMatch)[^\n]*)*)/g;
  for (const [, verb, path, rest] of source.matchAll(pattern)) {
    const plain = path.replace(/\$\{query\([^`]*$/, '').replace(/\$\{at\((?:[^()]|\([^()]*\))*\)\}/g, '{}').replace(/\$\{\w+\}/g, '{}');
    const method = verb === 'upload' ? 'POST' : (/method: '(\w+)'/.exec(rest)?.[1] ?? 'GET');
    calls.add(`${method} ${plain}`);
  }
  return [...calls].sort();
}

test('every call of the page is in the OpenAPI document', async (context) => {
  const calls = callsOf(readFileSync(join(root, 'web/src/api.ts'), 'utf8'));
  assert.ok(calls.length > 40, `${calls.length} calls found`);
  const server = await startServer();
  try {
    if (server.isMock) return context.skip('the stand-in has no document');
    const document = await (await fetch(`${server.url}/api/openapi.json`)).json();
    const known = new Set();
    for (const [path, verbs] of Object.entries(document.paths))
      for (const verb of Object.keys(verbs)) known.add(`${verb.toUpperCase()} ${path.replace('/api/v1', '').replace(/\{[^}]*\}/g, '{}')}`);
    assert.deepEqual(calls.filter((call) => !known.has(call)), [], 'the server knows each of them');
  } finally {
    await server.stop();
  }
});
