// What a register shows to whom: personal fields stay masked on every way out, and searching for them tells nothing either.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn, startServer } from './support.mjs';

const phone = '13912345678', staff = '/api/v1/registers/staff/records';
let server, clerk, keeper;
before(async () => {
  server = await startServer();
  [clerk, keeper] = [await signIn(server, 'window'), await signIn(server, 'sysadmin')];
  assert.equal((await keeper.post(staff, { id: 'S-T-01', name: '测试员', department: 'ASB', phone })).status, 201);
});
after(() => server?.stop());

const total = async (person, query) => {
  const { status, body } = await person.get(`${staff}?${query}`);
  return status === 422 ? 0 : body.total;
};

test('a personal field is whole for those who may see it and masked for the others', async () => {
  assert.equal((await keeper.get(`${staff}/S-T-01`)).body.phone, phone);
  const masked = (await clerk.get(`${staff}/S-T-01`)).body;
  assert.equal(masked.name, '测试员');
  assert.ok(!masked.phone.includes('1234'), masked.phone);
  assert.ok(!JSON.stringify((await clerk.get(`${staff}?filter.department=ASB`)).body).includes(phone));
});

test('a masked field is no filter and no order: neither may tell what the page hides', async () => {
  assert.equal(await total(clerk, `q=${phone}`), 0);
  assert.equal(await total(clerk, `filter.phone=${phone}`), 0);
  assert.equal((await clerk.get(`${staff}?sort=phone`)).status, 422);
});

test('the signs of a pattern are ordinary characters in a search', async () => {
  for (const q of ["' OR 1=1--", '"', '""', '%', '_', '*', 'NEAR(', "';DROP TABLE record"]) assert.equal(await total(keeper, `q=${encodeURIComponent(q)}`), 0, q);
});

test('spaces are no search, and a sign without a word finds nothing', async () => {
  const all = await total(keeper, 'size=1');
  assert.ok(all > 0);
  assert.equal(await total(keeper, 'q='), all);
  assert.equal(await total(keeper, 'q=%20%20'), all);
  for (const q of ['"', '-', '。', '()']) assert.equal(await total(keeper, `q=${encodeURIComponent(q)}`), 0, q);
});

test('what a record was can be read back, version by version, masked like the record itself', async () => {
  const path = `${staff}/S-T-02`, first = { id: 'S-T-02', name: '测试员', department: 'ASB', phone };
  assert.equal((await keeper.post(staff, first)).status, 201);
  assert.equal((await keeper.put(path, { ...first, name: '改名后' }, { 'If-Match': '"1"' })).status, 200);
  const { status, body } = await keeper.get(`${path}/history`);
  assert.equal(status, 200);
  assert.deepEqual(body.items.map((one) => [one.version, one.by, one.record.name, one.record.phone]), [[2, 'sysadmin', '改名后', phone], [1, 'sysadmin', '测试员', phone]]);
  assert.equal(body.total, 2);
  assert.ok(body.items.every((one) => !Number.isNaN(Date.parse(one.at))));
  assert.deepEqual((await keeper.get(`${path}/history?size=1&page=2`)).body.items.map((one) => one.version), [1]);
  const masked = await clerk.get(`${path}/history`);
  assert.ok(masked.status === 200 && !JSON.stringify(masked.body).includes(phone));
  assert.equal((await keeper.get(`${staff}/nobody/history`)).status, 404);
});

test('an export begins with the mark that spreadsheets need for Chinese', async () => {
  const answer = await fetch(`${server.url}/api/v1/registers/grid/records.csv`, { headers: { Cookie: keeper.cookie } });
  assert.equal(answer.status, 200);
  assert.deepEqual([...new Uint8Array(await answer.arrayBuffer()).subarray(0, 3)], [0xef, 0xbb, 0xbf]);
  assert.match(answer.headers.get('content-disposition'), /attachment/);
});
