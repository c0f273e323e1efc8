// A server told to keep finished cases for so long moves older ones to its archive by itself.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Zone, offsetTo, root } from './zone.mjs';

const day = 24 * 3600 * 1000;
const old = { done: [], open: [] };
const keep = ['--keep-finished', '365'];
const year = new Date().getFullYear();
let zone;

const archive = (of = zone) => join(of.folder, `archive/cases-${year}.jsonl`);
const lines = () => (existsSync(archive()) ? readFileSync(archive(), 'utf8').split('\n').filter((line) => line.endsWith('}')) : []);
const archived = () => new Set(lines().map((line) => JSON.parse(line).number));
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const tool = (...words) => execFileSync(join(root, 'build/gaoxing'), [...words, '--data', zone.folder], { encoding: 'utf8' });

async function until(what, ms = 60000) {
  const since = Date.now();
  while (!(await what())) {
    assert.ok(Date.now() - since < ms, `not within ${ms} ms: ${what}`);
    await pause(20);
  }
}

async function make(count) {
  const company = await zone.as('company');
  const asb = await zone.as('asb');
  const made = [];
  for (let i = 0; i < count; i++) {
    const { number } = await company.post('/cases', { matter: 'TUT', data: {} });
    await asb.complete(number, 'stamp', 'done', { opinion: `${i}` });
    made.push(number);
  }
  return made;
}

before(async () => {
  zone = await new Zone({ offset: offsetTo('2023-03-01T09:00:00+08:00'), more: keep }).start();
  old.done.push(...(await make(150))); // with the pauses between them a few seconds' work
  const company = await zone.as('company');
  old.open.push((await company.post('/cases', { matter: 'TUT', data: {} })).number);
  assert.ok(!existsSync(join(zone.folder, 'archive')) || lines().length === 0, 'what is young stays');
  await zone.stop();
});
after(() => zone.end());

test('while people work, and killed in the middle, it begins', async () => {
  zone.offset = 0;
  await zone.start();
  const company = await zone.as('company');
  await until(async () => (await company.get(`/cases/${old.done[2]}`)).archivedAt);
  const young = await make(3);
  assert.equal((await company.get(`/cases/${old.done.at(-1)}`)).archivedAt, null, 'it takes its time');
  await zone.stop('SIGKILL');
  const begun = archived();
  assert.ok(old.done.slice(0, 3).every((number) => begun.has(number)), 'a line first, then the rows go');
  assert.ok(young.every((number) => !begun.has(number)));
});

test('a day later it goes on where it was, once for all servers on the same store', async () => {
  await zone.start();
  await pause(1000);
  assert.equal((await (await zone.as('company')).get(`/cases/${old.done.at(-1)}`)).archivedAt, null, 'once a day');
  await zone.later(25 * 3600 * 1000);
  const second = process.env.GX_DB ? await new Zone({ offset: zone.offset, more: keep }).start() : null;
  try {
    const company = await zone.as('company');
    await until(async () => (await company.get(`/cases/${old.done.at(-1)}`)).archivedAt);
    assert.deepEqual([...archived()].sort(), [...old.done].sort());
    if (second) assert.ok(!existsSync(archive(second)));
  } finally {
    await second?.end();
  }
  assert.equal(statSync(archive()).mode & 0o777, 0o600);
  const first = new Map();
  for (const line of lines()) {
    const { number } = JSON.parse(line);
    assert.equal(first.get(number) ?? line, line, `${number} is archived twice with different content`);
    first.set(number, line);
  }
});

test('what was archived says so, open and younger cases are whole, and all can be proved', async () => {
  const company = await zone.as('company');
  for (const number of [old.done[0], old.done.at(-1)]) {
    const page = await company.get(`/cases/${number}`);
    assert.equal(page.state, 'closed');
    assert.match(page.archivedAt, /^\d{4}-/);
  }
  assert.equal((await company.get(`/cases/${old.open[0]}`)).archivedAt, null);
  const asb = await zone.as('asb');
  await asb.complete(old.open[0], 'stamp', 'done', { opinion: 'late' });
  await zone.stop();
  assert.match(tool('audit', 'verify'), /\d/);
  assert.match(tool('case', 'replay'), /all equal|一致/);
});

test('a case that ended meanwhile goes when its own time has come', async () => {
  zone.offset += 366 * day;
  await zone.start();
  const last = new Date(Date.now() + zone.offset).getFullYear();
  const path = join(zone.folder, `archive/cases-${last}.jsonl`);
  await until(() => existsSync(path) && readFileSync(path, 'utf8').split('\n').filter((line) => line.endsWith('}')).length >= 4);
  assert.ok(readFileSync(path, 'utf8').includes(old.open[0]));
});
