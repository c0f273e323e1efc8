// Packages beside a running server: SIGHUP puts what changed in force, and a faulty package changes nothing.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { client, root, signIn, startServer } from './support.mjs';

let server, folder;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gaoxing-packages-'));
  cpSync(join(root, 'packages'), folder, { recursive: true });
  server = await startServer({ packages: folder });
});
after(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const message = async () => (await client(server).get('/api/v1/messages/zh')).body['reload.test'];
/** Asks the server to load and waits for what it says about it. */
const reload = async (answer) => {
  const begin = server.said().length;
  server.child.kill('SIGHUP');
  for (const end = Date.now() + 30000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 20))) if (answer.test(server.said().slice(begin))) return;
  assert.fail(`the server says ${server.said().slice(begin)}`);
};
const write = (language, text) => {
  const path = join(folder, `base/messages/${language}.json`), all = JSON.parse(readFileSync(path, 'utf8'));
  if (text === undefined) delete all['reload.test'];
  else all['reload.test'] = text;
  writeFileSync(path, JSON.stringify(all, null, 2));
};

test('what changed in the folder is in force without a restart', async () => {
  assert.equal(await message(), undefined);
  write('zh', '第一版');
  write('en', 'first');
  await reload(/==> [1-9]\d* definitions in a new version/);
  assert.equal(await message(), '第一版');
});

test('a package with an error changes nothing, and the server goes on', async () => {
  write('zh', '第二版');
  write('en', undefined); // a message that one language lacks
  await reload(/package\.faulty/);
  assert.equal(await message(), '第一版');
});

test('put right, it is loaded; nothing new is no new version', async () => {
  write('en', 'second');
  await reload(/==> [1-9]\d* definitions in a new version/);
  assert.equal(await message(), '第二版');
  const auditor = await signIn(server, 'auditor');
  assert.ok((await auditor.get('/api/v1/audit')).body.items.filter((one) => one.action === 'package.load' && one.object === 'base').length === 3);
  await reload(/==> 0 definitions in a new version/);
});
