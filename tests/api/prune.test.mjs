// Long-finished cases leave the store for an archive; what is official and what runs stays.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Zone, offsetTo, root } from './zone.mjs';

const binary = join(root, 'build/gaoxing');
const folder = mkdtempSync(join(tmpdir(), 'gx-prune-'));
const archive = join(folder, 'archive.jsonl');
const numbers = { done: [], open: [], later: [] };
let zone;

const tool = (...words) => execFileSync(binary, [...words, '--data', zone.folder], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'en_US.UTF-8' } });
const lines = () => (existsSync(archive) ? readFileSync(archive, 'utf8').split('\n').slice(0, -1) : []);

async function make(count, isDone, into) {
  const company = await zone.as('company');
  const asb = await zone.as('asb');
  for (let i = 0; i < count; i++) {
    const { number } = await company.post('/cases', { matter: 'TUT', data: {} });
    if (isDone) await asb.complete(number, 'stamp', 'done', { opinion: `${i}` });
    into.push(number);
  }
}

before(async () => {
  zone = await new Zone({ offset: offsetTo('2023-03-01T09:00:00+08:00') }).start();
  await make(30, true, numbers.done);
  await make(4, false, numbers.open);
  await zone.stop();
  zone.offset = 0;
  await zone.start();
  await make(3, true, numbers.later);
  await zone.stop();
});
after(async () => {
  await zone.end();
  rmSync(folder, { recursive: true, force: true });
});

test('a dry run counts and changes nothing', () => {
  assert.match(tool('prune', '--before', '2024-01-01', '--dry-run'), /^30 cases with \d+ rows could be archived/);
  assert.match(tool('prune', '--before', '2023-01-01', '--dry-run'), /^0 cases/);
});

test('killed in the middle and run again, every case is archived whole and nothing else is touched', async () => {
  const child = spawn(binary, ['prune', '--before', '2024-01-01', '--archive', archive, '--pause', '20', '--data', zone.folder]);
  const ended = new Promise((done) => child.once('exit', (code, signal) => done(signal ?? code)));
  while (lines().length === 0) await new Promise((done) => setTimeout(done, 5));
  await new Promise((done) => setTimeout(done, 150));
  child.kill('SIGKILL');
  assert.equal(await ended, 'SIGKILL');
  assert.match(tool('prune', '--before', '2024-01-01', '--archive', archive), /^\d+ cases with \d+ rows archived/);
  const seen = new Map();
  for (const line of lines().filter((one) => one.endsWith('}'))) {
    const { number } = JSON.parse(line);
    assert.equal(seen.get(number) ?? line, line, `${number} is archived twice with different content`);
    seen.set(number, line);
  }
  assert.deepEqual([...seen.keys()].sort(), [...numbers.done].sort());
  const one = JSON.parse(seen.get(numbers.done[7]));
  assert.equal(one.state, 'closed');
  assert.equal(one.tasks[0].outcome, 'done');
  assert.ok(one.journal.length >= 2 && one.journal.every((row) => Array.isArray(row.events)));
  assert.equal(one.opinions[0].text, '7');
  assert.match(tool('prune', '--before', '2024-01-01', '--archive', archive), /^0 cases/);
});

test('the audit chain is whole, and what is here can still be made again from its journal', () => {
  assert.match(tool('audit', 'verify'), /\d/);
  assert.match(tool('case', 'replay'), /all equal/);
});

test('an archived case still answers with what it was, and open ones go on', async () => {
  await zone.start();
  const company = await zone.as('company');
  const asb = await zone.as('asb');
  const page = await company.get(`/cases/${numbers.done[0]}`);
  assert.equal(page.state, 'closed');
  assert.match(page.archivedAt, /^\d{4}-/);
  assert.deepEqual((await company.get(`/cases/${numbers.done[0]}/timeline`)).items, []);
  assert.ok((await company.get(`/cases/${numbers.done[0]}/diagram`)).bpmn.includes('stamp'));
  assert.equal((await company.get(`/cases/${numbers.later[0]}`)).archivedAt, null);
  await asb.complete(numbers.open[0], 'stamp', 'done', { opinion: 'late' });
  assert.equal((await company.get(`/cases/${numbers.open[0]}`)).archivedAt, null);
});

test('without a date, or with neither archive nor dry run, it says how it is used', () => {
  for (const words of [['--dry-run'], ['--before', 'yesterday', '--dry-run'], ['--before', '2024-01-01']]) assert.throws(() => tool('prune', ...words), /--before DATE/);
});
