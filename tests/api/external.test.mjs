// External tasks: Camunda's own client for workers, unmodified, fetches and answers; and what the interface says to those who hold no lock.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Zone, offsetTo, passwords, root } from './zone.mjs';

const model = `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:gx="urn:gaoxing:bpmn:1" id="d" targetNamespace="urn:t">
  <error id="err" errorCode="NO_STOCK"/>
  <process id="outside" isExecutable="true"><startEvent id="s"/>
    <serviceTask id="work" gx:mode="external" gx:topic="pricing" gx:result="priced"/>
    <boundaryEvent id="none" attachedToRef="work"><errorEventDefinition errorRef="err"/></boundaryEvent>
    <userTask id="look" gx:role="reviewer" gx:department="NRB"/><userTask id="mend" gx:role="reviewer" gx:department="NRB"/>
    <endEvent id="e"/><endEvent id="e2"/>
    <sequenceFlow id="a" sourceRef="s" targetRef="work"/><sequenceFlow id="b" sourceRef="work" targetRef="look"/><sequenceFlow id="c" sourceRef="look" targetRef="e"/>
    <sequenceFlow id="f" sourceRef="none" targetRef="mend"/><sequenceFlow id="g" sourceRef="mend" targetRef="e2"/>
  </process>
</definitions>`;

let zone, folder, key, nrb, admin;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gx-external-'));
  cpSync(join(root, 'packages'), folder, { recursive: true });
  mkdirSync(join(folder, 'outside/processes'), { recursive: true });
  writeFileSync(join(folder, 'outside/package.json'), JSON.stringify({ ...JSON.parse(readFileSync(join(folder, 'tutorial/package.json'))), name: 'outside' }));
  writeFileSync(join(folder, 'outside/processes/outside.bpmn'), model);
  const accounts = JSON.parse(readFileSync(join(folder, 'sample/accounts.json')));
  accounts.push({ name: 'machine', password: 'Sample-2026-99', person: { name: '接口', staff: '' }, roles: ['operator'], department: '', enterprises: [], note: '', sample: true });
  writeFileSync(join(folder, 'sample/accounts.json'), JSON.stringify(accounts));
  passwords.machine = '99';
  zone = await new Zone({ packages: folder, offset: offsetTo('2026-11-23T09:00:00+08:00') }).start();
  admin = await zone.as('sysadmin');
  nrb = await zone.as('nrb');
  ({ key } = await admin.post('/keys', { account: 'machine', note: 'worker' }));
});
after(async () => {
  await zone?.end();
  rmSync(folder, { recursive: true, force: true });
});

async function call(path, body, authorization = `Bearer ${key}`) {
  const answer = await fetch(`${zone.base}/engine-rest${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: authorization }, body: JSON.stringify(body ?? {}) });
  const text = await answer.text();
  return { status: answer.status, body: text ? JSON.parse(text) : null };
}
const start = async (variables = {}) => (await call('/process-definition/key/outside/start', { variables })).body.id;
const fetchAndLock = (workerId, lockDuration = 60000, asyncResponseTimeout = 0) => call('/external-task/fetchAndLock', { workerId, maxTasks: 10, asyncResponseTimeout, topics: [{ topicName: 'pricing', lockDuration }] });
const steps = async (number) => ((await nrb.get(`/cases/${number}`).catch(() => null))?.tasks ?? []).map((one) => one.step);
async function until(what, ms = 15000) {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((done) => setTimeout(done, 50))) if (await what()) return;
  throw new Error('it does not happen');
}

test('a worker holds what it fetches, and only who holds it may answer', async () => {
  const number = await start({ area: { value: 12, type: 'Integer' }, who: { value: '甲', type: 'String' } });
  const { status, body } = await fetchAndLock('w1');
  assert.equal(status, 200);
  assert.equal(body.length, 1);
  const [task] = body;
  assert.deepEqual([task.topicName, task.activityId, task.processInstanceId, task.retries], ['pricing', 'work', number, null]);
  assert.deepEqual([task.variables.area.value, task.variables.who.type], [12, 'String']);
  assert.deepEqual((await fetchAndLock('w2')).body, []);
  assert.equal((await call(`/external-task/${task.id}/complete`, { workerId: 'w2' })).status, 400);
  assert.equal((await call(`/external-task/${task.id}/extendLock`, { workerId: 'w1', newDuration: 90000 })).status, 204);
  assert.equal((await call(`/external-task/${task.id}/unlock`)).status, 204);
  assert.equal((await fetchAndLock('w2')).body.length, 1);
  assert.equal((await call(`/external-task/${task.id}/complete`, { workerId: 'w2', variables: { price: { value: '{"fen":100}', type: 'Json' } } })).status, 204);
  assert.deepEqual(await steps(number), ['look']);
  assert.equal((await call(`/external-task/${task.id}/complete`, { workerId: 'w2' })).status, 404);
});

test('a failure is tried again while retries are left, then it is an incident that can be tried again', async () => {
  const number = await start();
  let [task] = (await fetchAndLock('w1')).body;
  assert.equal((await call(`/external-task/${task.id}/failure`, { workerId: 'w1', errorMessage: 'down', retries: 1, retryTimeout: 0 })).status, 204);
  [task] = (await fetchAndLock('w1')).body;
  assert.deepEqual([task.retries, task.errorMessage], [1, 'down']);
  await call(`/external-task/${task.id}/failure`, { workerId: 'w1', errorMessage: 'down', retries: 0 });
  const [incident] = (await admin.get('/incidents')).items.filter((one) => one.case === number);
  assert.equal(incident.detail, 'down');
  await admin.post(`/cases/${number}/incidents/${incident.id}/retry`);
  [task] = (await fetchAndLock('w1')).body;
  await call(`/external-task/${task.id}/bpmnError`, { workerId: 'w1', errorCode: 'NO_STOCK' });
  assert.deepEqual(await steps(number), ['mend']);
});

test('a long poll is answered when work comes', async () => {
  const begun = Date.now();
  const waiting = fetchAndLock('w1', 60000, 5000);
  await new Promise((done) => setTimeout(done, 300));
  await start();
  const { body } = await waiting;
  assert.equal(body.length, 1);
  assert.ok(Date.now() - begun < 3000, `${Date.now() - begun} ms`);
  await call(`/external-task/${body[0].id}/complete`, { workerId: 'w1' });
});

test('without a key, or with one that was revoked, nothing is given out', async () => {
  assert.equal((await call('/external-task/fetchAndLock', {}, 'Bearer x')).status, 401);
  const second = await admin.post('/keys', { account: 'machine' });
  const basic = `Basic ${Buffer.from(`machine:${second.key}`).toString('base64')}`;
  assert.equal((await call('/external-task/fetchAndLock', { workerId: 'w', topics: [] }, basic)).status, 200);
  await admin.ask('DELETE', `/keys/${second.id}`, undefined, { 'Idempotency-Key': second.id });
  assert.equal((await call('/external-task/fetchAndLock', { workerId: 'w', topics: [] }, basic)).status, 401);
  const reviewer = await admin.post('/keys', { account: 'nrb' });
  assert.equal((await call('/external-task/fetchAndLock', { workerId: 'w', topics: [] }, `Bearer ${reviewer.key}`)).status, 403);
});

test("Camunda's worker client works unmodified", { timeout: 120000 }, async () => {
  if (!existsSync(join(root, 'tests/clients/node_modules'))) execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: join(root, 'tests/clients') });
  const { Client, BasicAuthInterceptor, Variables } = await import(createRequire(join(root, 'tests/clients/package.json')).resolve('camunda-external-task-client-js'));
  const number = await start({ area: { value: 7, type: 'Integer' } });
  const client = new Client({
    baseUrl: `${zone.base}/engine-rest`,
    workerId: 'camunda-js',
    asyncResponseTimeout: 1000,
    interval: 50,
    use: () => undefined,
    interceptors: new BasicAuthInterceptor({ username: 'machine', password: key }),
  });
  try {
    client.subscribe('pricing', async ({ task, taskService }) => {
      const variables = new Variables();
      variables.set('price', { fen: task.variables.get('area') * 100 });
      await taskService.complete(task, variables);
    });
    await until(async () => (await steps(number)).includes('look'));
    const [look] = (await nrb.get(`/cases/${number}`)).tasks;
    const { data } = await nrb.get(`/tasks/${look.id}`);
    assert.deepEqual(data.priced.price, { fen: 700 });
  } finally {
    client.stop();
  }
});

test('the same client waits in long polls and extends its lock while it works', { timeout: 60000 }, async () => {
  const { Client, BasicAuthInterceptor } = await import(createRequire(join(root, 'tests/clients/package.json')).resolve('camunda-external-task-client-js'));
  const client = new Client({ baseUrl: `${zone.base}/engine-rest`, workerId: 'patient', asyncResponseTimeout: 20000, interval: 10, lockDuration: 1000, use: () => undefined, interceptors: new BasicAuthInterceptor({ username: 'machine', password: key }) });
  let polls = 0, worked = 0, extended = false;
  client.on('poll:start', () => polls++);
  client.on('extendLock:success', () => (extended = true));
  try {
    client.subscribe('pricing', async ({ task, taskService }) => {
      worked++;
      await taskService.extendLock(task, 30000);
      await new Promise((done) => setTimeout(done, 1500)); // longer than the first lock: nobody else gets it
      assert.deepEqual((await fetchAndLock('thief')).body, []);
      await taskService.complete(task);
    });
    await new Promise((done) => setTimeout(done, 1300)); // the last poll of the client before is over by then
    const number = await start();
    await until(async () => (await steps(number)).includes('look'));
    assert.ok(extended);
    assert.equal(worked, 1);
    assert.ok(polls <= 3, `${polls} polls in three seconds`); // it was waiting, not asking again and again
  } finally {
    client.stop();
  }
});
