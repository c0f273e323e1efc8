// Trying decisions out: what a model asks for, what its proof says, values with reasons, and what would change them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { client, signIn, startServer } from './support.mjs';

let server, clerk, applicant;
const path = '/api/v1/decisions/D04', ask = (body, headers) => clerk.post(`${path}/evaluate`, body, headers);
const good = { missing: 0, allTolerable: true, credit: 'A', hasBroken: false }, short = { ...good, missing: 3 };
before(async () => {
  server = await startServer();
  [clerk, applicant] = [await signIn(server, 'window'), await signIn(server, 'company')];
});
after(() => server?.stop());

test('the list tells package, version, both names and how many findings there are', async () => {
  const { status, body } = await clerk.get('/api/v1/decisions');
  assert.equal(status, 200);
  const row = body.items.find((one) => one.id === 'D04');
  assert.equal(row.package, 'approval');
  assert.ok(row.version >= 1);
  assert.match(row.name.zh, /\p{Script=Han}/u);
  assert.match(row.name.en, /^[\x20-\x7e]+$/);
  assert.deepEqual(Object.keys(row.findings), ['errors', 'warnings']);
  assert.equal(body.total, body.items.length);
  assert.equal((await clerk.get('/api/v1/decisions?size=1&page=2')).body.items.length, 1);
});

test('a model says what it asks for, so that a form can be made of it', async () => {
  const { body } = await clerk.get(path);
  assert.match(body.dmn, /<decisionTable /);
  const inputs = Object.fromEntries(body.inputs.map((input) => [input.name, input]));
  assert.deepEqual(Object.keys(inputs), ['missing', 'allTolerable', 'credit', 'hasBroken']);
  assert.deepEqual([inputs.missing.type, inputs.allTolerable.type, inputs.credit.type], ['number', 'boolean', 'string']);
  assert.equal(inputs.credit.label, '信用等级');
  assert.deepEqual(inputs.credit.suggested, ['A', 'B', 'M', 'C', 'D']);
  assert.equal(body.tables[0].rules, body.tables[0].ruleIds.length);
  for (const finding of body.findings) assert.ok(finding.detail && finding.table === body.tables[0].id, JSON.stringify(finding));
});

test('an evaluation gives the value, and with a trace the rules that made it and why', async () => {
  const plain = await ask({ inputs: good });
  assert.equal(plain.status, 200);
  assert.deepEqual(Object.keys(plain.body.items[0]), ['value']);
  assert.equal(plain.body.items[0].value.action, 'accept');
  const [traced] = (await ask({ inputs: good, trace: true }, { 'Accept-Language': 'en' })).body.items;
  const [table] = traced.steps.at(-1).tables;
  assert.deepEqual(table.matched.slice(0, 1), [1]);
  assert.equal(table.rules[0].id, 'D04-r1');
  assert.ok(table.rules[0].cells.every((cell) => cell === 'matched'));
  assert.match(traced.text.join('\n'), /because .*\(rule 1\)/);
  assert.match((await ask({ inputs: good, trace: true }, { 'Accept-Language': 'zh-CN' })).body.items[0].text.join('\n'), /因为.*规则 1/);
});

test('what would change it is the fewest changes, and they do change it', async () => {
  const [one] = (await ask({ inputs: short, want: { action: 'promise' } })).body.items;
  assert.equal(one.value.action, 'correct');
  assert.equal(one.changes.items.length, 1);
  const [change] = one.changes.items;
  const [after] = (await ask({ inputs: { ...short, [change.input]: change.to } })).body.items;
  assert.equal(after.value.action, 'promise');
  assert.equal((await ask({ inputs: short, want: { action: 'no such action' } })).body.items[0].changes, null);
});

test('a batch answers each in its place, up to a thousand', async () => {
  const { status, body } = await clerk.post('/api/v1/decisions/lamp/evaluate', { batch: [{}, {}] });
  assert.equal(status, 200);
  assert.equal(body.items.length, 2);
  const many = await ask({ batch: Array.from({ length: 1000 }, (_, i) => ({ ...good, missing: i % 5 })) });
  assert.deepEqual(many.body.items.map((item) => item.value.action).slice(0, 5), ['accept', 'promise', 'promise', 'correct', 'correct']);
  assert.equal((await ask({ batch: Array.from({ length: 1001 }, () => good) })).status, 422);
});

test('questions that make no sense are refused with what is wrong', async () => {
  for (const body of [{}, { inputs: good, batch: [good] }, { batch: [good], want: 1 }, { inputs: [] }, { batch: [1] }, { inputs: good, trace: 1 }, { inputs: good, other: 1 }]) {
    const answer = await ask(body);
    assert.equal(answer.status, 422, JSON.stringify(body));
    assert.ok(answer.body.detail);
  }
  assert.equal((await clerk.post('/api/v1/decisions/none/evaluate', { inputs: {} })).status, 404);
  assert.equal((await ask({ inputs: good, decision: 'none' })).status, 404);
});

test('staff may ask; applicants and strangers may not', async () => {
  for (const [person, status] of [[applicant, 403], [client(server), 401]]) {
    assert.equal((await person.get('/api/v1/decisions')).status, status);
    assert.equal((await person.get(path)).status, status);
    assert.equal((await person.post(`${path}/evaluate`, { inputs: good })).status, status);
  }
});

test('what is asked is not written to the log', async () => {
  await ask({ inputs: { ...good, credit: '张三-13900001111' }, trace: true });
  assert.ok(!server.said().includes('13900001111'));
});
