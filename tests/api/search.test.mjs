// Cases found by their variables: what a package declares in search.json.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Refused, Zone, root } from './zone.mjs';

const folder = mkdtempSync(join(tmpdir(), 'gx-search-'));
const declared = (variables) => writeFileSync(join(folder, 'tutorial/search.json'), JSON.stringify({ variables }));
const field = (id, path, type) => ({ id, path, type, title: { zh: id, en: id } });
let zone, company, asb;
const numbers = {};

const apply = async (data) => (await company.post('/cases', { matter: 'TUT', data })).number;
const find = async (query, who = asb) => (await who.get(`/cases?scope=all&${query}`)).items.map((one) => one.number).sort();
const named = (...names) => names.map((name) => numbers[name]).sort();
const refused = (code) => (error) => error instanceof Refused && error.status === 422 && error.code === code;

before(async () => {
  cpSync(join(root, 'packages'), folder, { recursive: true });
  const input = (type, key, more) => ({ type, id: `f_${key}`, key, label: key, properties: { en: key }, ...more });
  const matter = join(folder, 'tutorial/matters/TUT.json');
  mkdirSync(join(folder, 'tutorial/forms'));
  writeFileSync(
    join(folder, 'tutorial/forms/plan.json'),
    JSON.stringify({
      id: 'plan', type: 'default', schemaVersion: 16,
      components: [input('number', 'plan.area', { decimalDigits: 1 }), input('textfield', 'plan.street'), input('datetime', 'plan.begins', { subtype: 'date', dateLabel: 'plan.begins' }), input('checkbox', 'urgent')],
    }),
  );
  writeFileSync(matter, JSON.stringify({ ...JSON.parse(readFileSync(matter, 'utf8')), form: 'plan' }));
  declared([field('size', 'plan.area', 'number'), field('street', 'plan.street', 'text'), field('begins', 'plan.begins', 'date'), field('urgent', 'urgent', 'boolean')]);
  zone = await new Zone({ packages: folder }).start();
  company = await zone.as('company');
  asb = await zone.as('asb');
  numbers.small = await apply({ plan: { area: 99.5, street: '高新路 1 号', begins: '2026-12-01' }, urgent: false });
  numbers.middle = await apply({ plan: { area: 3000, street: '高新路 22 号', begins: '2027-01-15' }, urgent: true });
  numbers.large = await apply({ plan: { area: 12000, street: "O'Brien%_", begins: '2027-06-30' }, urgent: true });
  numbers.none = await apply({});
});
after(async () => {
  await zone.end();
  rmSync(folder, { recursive: true, force: true });
});

test('numbers are compared as numbers, in any number of conditions', async () => {
  assert.deepEqual(await find('where.size.ge=3000'), named('middle', 'large'));
  assert.deepEqual(await find('where.size.gt=3000'), named('large'));
  assert.deepEqual(await find('where.size.eq=99.50'), named('small'));
  assert.deepEqual(await find('where.size.ge=99&where.size.lt=5000'), named('small', 'middle'));
  assert.deepEqual(await find('where.size.ge=99&where.size.lt=5000&where.urgent.eq=true'), named('middle'));
});

test('dates, texts and their beginnings, yes and no', async () => {
  assert.deepEqual(await find('where.begins.le=2027-01-15'), named('small', 'middle'));
  assert.deepEqual(await find(`where.street.begins=${encodeURIComponent('高新路 2')}`), named('middle'));
  assert.deepEqual(await find(`where.street.eq=${encodeURIComponent("O'Brien%_")}`), named('large'));
  assert.deepEqual(await find(`where.street.begins=${encodeURIComponent('%')}`), []);
  assert.deepEqual(await find('where.urgent.eq=false'), named('small'));
});

test('conditions join the other filters, and rows say what was searched', async () => {
  const found = await asb.get('/cases?scope=all&where.size.ge=1&size=2');
  assert.equal(found.total, 3);
  assert.equal(found.items.length, 2);
  assert.deepEqual(found.items[0].variables, { begins: '2027-06-30', size: 12000, street: "O'Brien%_", urgent: 'true' });
  assert.deepEqual(await find('where.size.ge=1&state=closed'), []);
});

test('another value, a part of a text, none at all', async () => {
  assert.deepEqual(await find('where.size.ne=3000'), named('small', 'large'));
  assert.deepEqual(await find(`where.street.ne=${encodeURIComponent('高新路 1 号')}`), named('middle', 'large'));
  assert.deepEqual(await find(`where.street.contains=${encodeURIComponent('新路')}`), named('small', 'middle'));
  assert.deepEqual(await find(`where.street.contains=${encodeURIComponent("'bri")}`), named('large'), 'whatever the case of letters');
  assert.deepEqual(await find(`where.street.contains=${encodeURIComponent('%_')}`), named('large'));
  assert.deepEqual(await find(`where.street.contains=${encodeURIComponent('_%')}`), [], 'no pattern');
  assert.deepEqual(await find(`where.street.contains=${encodeURIComponent('!')}`), []);
  assert.deepEqual(await find('where.size.empty'), named('none'));
  assert.deepEqual(await find('where.size.present=true'), named('small', 'middle', 'large'));
  assert.deepEqual(await find(`where.street.present&where.street.contains=${encodeURIComponent('高')}&where.urgent.ne=true`), named('small'));
});

const all = async (who, query, size) => {
  const rows = [];
  let pages = 0;
  for (let after = ''; after !== null; pages++) {
    const page = await who.get(`/cases?${query}&size=${size}&after=${encodeURIComponent(after)}`);
    rows.push(...page.items.map((one) => one.number));
    assert.ok(pages < 20, 'the pages end');
    assert.equal(page.total === null, after !== '', 'the total stands on the first page');
    after = page.next;
  }
  return rows;
};
const sorted = (...names) => names.map((name) => numbers[name]);

test('sorted by a variable, up and down, those without it last, on pages of any size and for everybody', async () => {
  for (const [who, scope] of [[asb, 'all'], [asb, 'department'], [company, 'mine']])
    for (const size of [1, 2, 3, 4, 50]) {
      const list = (sort) => all(who, `scope=${scope}&sort=${sort}`, size);
      assert.deepEqual(await list('size'), sorted('small', 'middle', 'large', 'none'), `${scope} ${size}`);
      assert.deepEqual(await list('-size'), sorted('large', 'middle', 'small', 'none'), `${scope} ${size}`);
      assert.deepEqual(await list('-begins'), sorted('large', 'middle', 'small', 'none'));
      assert.deepEqual(await list('street'), sorted('large', 'small', 'middle', 'none'));
      assert.deepEqual(await list('urgent'), sorted('small', 'middle', 'large', 'none'));
      assert.deepEqual(await list('-urgent'), sorted('large', 'middle', 'small', 'none'));
      assert.deepEqual(await list(''), sorted('none', 'large', 'middle', 'small'));
      assert.deepEqual(await list('-size&where.urgent.eq=true'), sorted('large', 'middle'));
      assert.deepEqual(await list('size&where.size.empty'), sorted('none'));
    }
});

test('a page goes on where the one before ended, whatever came in the meantime', async () => {
  const first = await asb.get('/cases?scope=all&sort=-size&size=2');
  const late = await apply({ plan: { area: 99999 } });
  const second = await asb.get(`/cases?scope=all&sort=-size&size=2&after=${encodeURIComponent(first.next)}`);
  assert.deepEqual(second.items.map((one) => one.number), sorted('small', 'none'));
  assert.deepEqual((await asb.get('/cases?scope=all&sort=-size&size=1')).items.map((one) => one.number), [late]);
  await company.post(`/cases/${late}/withdraw`, { reason: 'only a test' });
  numbers.late = late;
});

test('nobody finds what they may not read', async () => {
  const other = await zone.as('company2');
  assert.deepEqual(await find('where.size.ge=0', other), []);
  assert.deepEqual(await find('where.size.ge=0', company), named('small', 'middle', 'large', 'late'));
  assert.deepEqual(await all(other, 'scope=all&sort=size', 3), []);
});

test('what cannot be asked is refused with the reason', async () => {
  await assert.rejects(find('where.colour.eq=1'), refused('case.search.field'));
  await assert.rejects(find('where.size.begins=1'), refused('case.search.operator'));
  await assert.rejects(find('where.size=1'), refused('case.search.operator'));
  await assert.rejects(find('where.size.ge=many'), refused('case.search.value'));
  await assert.rejects(find('where.size.ge=1e999'), refused('case.search.value'));
  await assert.rejects(find('where.begins.ge=2026-02-30'), refused('case.search.value'));
  await assert.rejects(find('where.urgent.eq=perhaps'), refused('case.search.value'));
  await assert.rejects(find('where.size.contains=1'), (error) => refused('case.search.operator')(error) && /eq ne lt le gt ge empty present/.test(error.message));
  await assert.rejects(find('where.size.empty=3'), refused('case.search.valueless'));
  await assert.rejects(find('sort=colour'), refused('case.search.field'));
  await assert.rejects(find('page=2'), refused('case.search.page'));
  for (const [sort, after] of [['', 'x'], ['', '0'], ['', '5.size'], ['size', '5'], ['size', '5.size=many'], ['size', '5.-size=1'], ['-size', '5.size=1']])
    await assert.rejects(find(`sort=${sort}&after=${encodeURIComponent(after)}`), refused('case.search.cursor'), `${sort} ${after}`);
  const many = Array.from({ length: 9 }, (_, i) => `where.size.ge=${i}`).join('&');
  await assert.rejects(find(many), refused('case.search.many'));
});

test('a value that changes or ends is found as it is now', async () => {
  const number = await apply({ plan: { area: 7 } });
  const task = await asb.task(number, 'stamp');
  await asb.post(`/tasks/${task.id}/complete`, { outcome: 'done', data: { urgent: true }, version: task.version });
  assert.deepEqual(await find('where.size.eq=7&where.urgent.eq=true'), [number]);
});

test('a variable declared later is found in the cases that are there already', async () => {
  declared([field('size', 'plan.area', 'number'), field('begin', 'plan.begins', 'date')]);
  zone.child.kill('SIGHUP');
  const until = Date.now() + 10000;
  for (;;) {
    const found = await find('where.begin.ge=2027-01-01').catch(() => []);
    if (found.length === 2) {
      assert.deepEqual(found, named('middle', 'large'));
      break;
    }
    assert.ok(Date.now() < until, 'the new variable is never found');
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.deepEqual((await asb.get('/case-fields')).items.filter((one) => ['begin', 'street'].includes(one.id)).map((one) => one.id), ['begin']);
  await assert.rejects(find('where.street.eq=x'), refused('case.search.field'));
});

test('the command line asks the same', () => {
  const list = (where) => execFileSync(join(root, 'build/gaoxing'), ['case', 'list', '--data', zone.folder, '--where', where], { encoding: 'utf8' });
  const said = list('size.ge=3000;begin.le=2027-02-01');
  assert.match(said, new RegExp(numbers.middle));
  assert.doesNotMatch(said, new RegExp(numbers.large));
  assert.throws(() => list('colour.eq=1'), /colour/);
  assert.ok(list('begin.empty').includes(numbers.none));
  const ordered = execFileSync(join(root, 'build/gaoxing'), ['case', 'list', '--data', zone.folder, '--where', 'size.present', '--sort', '-size'], { encoding: 'utf8' });
  assert.ok(ordered.indexOf(numbers.large) < ordered.indexOf(numbers.middle));
});

test('faults of search.json are told with their place', () => {
  declared([field('9x', 'a', 'text'), field('a', 'a', 'colour'), { id: 'b', path: 'b', type: 'text' }, field('a', 'c', 'text'), { ...field('d', 'd', 'text'), size: 1 }]);
  let said = '';
  try {
    execFileSync(join(root, 'build/gaoxing'), ['check', folder], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'en_US.UTF-8', LANG: 'en_US.UTF-8' } });
  } catch (error) {
    said = error.stdout + error.stderr;
  }
  assert.match(said, /tutorial\/search\.json:1:\d+/);
  for (const part of ['9x', 'type', 'title.zh', 'size']) assert.ok(said.includes(part), `${part}: ${said}`);
});
