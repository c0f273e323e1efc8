// What people do with tasks over /engine-rest: errors and escalations that reach their boundary events.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Engine, end, line, model, start, user } from './engine_rest.mjs';
import { root } from './zone.mjs';

const engine = new Engine();
const roots = '<error id="e-short" errorCode="SHORT"/><escalation id="x-late" escalationCode="LATE"/>';
const boundary = (id, at, event, attributes = '') => `<boundaryEvent id="${id}" attachedToRef="${at}" ${attributes}>${event}</boundaryEvent>`;
const short = '<errorEventDefinition errorRef="e-short"/>', late = '<escalationEventDefinition escalationRef="x-late"/>';
const flow = (id, from, to) => `<sequenceFlow id="${id}" sourceRef="${from}" targetRef="${to}"/>`;

before(async () => {
  await engine.start(process.env.GX_ENGINE_DATABASE);
  const { status, body } = await engine.deploy({
    'stock.bpmn': model(
      'stock',
      [line(start, user('count'), end), boundary('none', 'count', short), user('order'), boundary('slow', 'count', late, 'cancelActivity="false"'), user('remind'), '<endEvent id="e2"/><endEvent id="e3"/>',
        flow('g1', 'none', 'order'), flow('g2', 'order', 'e2'), flow('g3', 'slow', 'remind'), flow('g4', 'remind', 'e3')].join('\n'),
      roots,
    ),
    'sales.bpmn': model('sales', [line(start, '<callActivity id="call" calledElement="store"/>', end), boundary('missing', 'call', short), user('sorry'), '<endEvent id="e2"/>', flow('g1', 'missing', 'sorry'), flow('g2', 'sorry', 'e2')].join('\n'), roots),
    'store.bpmn': model('store', line(start, user('fetch'), end)),
  });
  assert.equal(status, 200, JSON.stringify(body));
});
after(() => engine.end());

const begin = async (key, body) => (await engine.post(`/process-definition/key/${key}/start`, body)).body;
const open = async (instance) => (await engine.get(`/task?processInstanceId=${instance}&sortBy=name&sortOrder=asc`)).body;
const steps = async (instance) => (await open(instance)).map((one) => one.taskDefinitionKey);
const refused = (answer, status, type, message) => {
  assert.deepEqual([answer.status, answer.body.type, answer.body.code], [status, type, null], JSON.stringify(answer.body));
  assert.match(answer.body.message, message);
};

test('an error of a task goes to the boundary event that catches it, with its variables', async () => {
  const { id } = await begin('stock');
  const [task] = await open(id);
  const answer = await engine.post(`/task/${task.id}/bpmnError`, { errorCode: 'SHORT', errorMessage: 'three are missing', variables: { missing: { value: 3, type: 'Integer' } } }, 'clerk');
  assert.deepEqual([answer.status, answer.body], [204, null]);
  assert.deepEqual(await steps(id), ['order']);
  assert.equal((await engine.get(`/process-instance/${id}/variables/missing`)).body.value, 3);
  const [gone] = (await engine.get(`/history/task?processInstanceId=${id}&finished=true`)).body;
  assert.deepEqual([gone.taskDefinitionKey, gone.deleteReason], ['count', 'deleted']);
  refused(await engine.post(`/task/${task.id}/bpmnError`, { errorCode: 'SHORT' }), 500, 'ProcessEngineException', /done already/);
});

test('an escalation of a task goes to a boundary event that leaves the task alone', async () => {
  const { id } = await begin('stock');
  const [task] = await open(id);
  assert.equal((await engine.post(`/task/${task.id}/bpmnEscalation`, { escalationCode: 'LATE', variables: { days: { value: 2, type: 'Integer' } } }, 'clerk')).status, 204);
  assert.deepEqual(await steps(id), ['count', 'remind']);
  assert.equal((await engine.get(`/process-instance/${id}/variables/days`)).body.value, 2);
  assert.equal((await engine.post(`/task/${task.id}/complete`, {}, 'clerk')).status, 204);
});

test('an error in a called process goes to the boundary event of the call', async () => {
  const { id } = await begin('sales');
  const [task] = (await engine.get(`/task?processDefinitionKey=store&processInstanceId=${id}.1`)).body;
  assert.ok(task, JSON.stringify(await engine.get('/task?processDefinitionKey=store')));
  assert.equal((await engine.post(`/task/${task.id}/bpmnError`, { errorCode: 'SHORT' })).status, 204);
  assert.deepEqual(await steps(id), ['sorry']);
  assert.equal((await engine.get(`/incident/count?processInstanceId=${id}`)).body.count, 0);
});

test('what nobody catches is refused, and the task is as it was', async () => {
  const { id } = await begin('stock');
  const [task] = await open(id);
  refused(await engine.post(`/task/${task.id}/bpmnError`, { errorCode: 'OTHER' }), 500, 'ProcessEngineException', /catches OTHER of the task count/);
  refused(await engine.post(`/task/${task.id}/bpmnEscalation`, { escalationCode: 'SHORT' }), 500, 'ProcessEngineException', /catches SHORT/);
  refused(await engine.post(`/task/${task.id}/bpmnError`, {}), 400, 'InvalidRequestException', /errorCode/);
  refused(await engine.post(`/task/${task.id}/bpmnEscalation`, { errorCode: 'LATE' }), 400, 'InvalidRequestException', /errorCode/);
  refused(await engine.post(`/task/${task.id}/bpmnError`, { errorCode: 'SHORT', variables: { n: { value: 'x', type: 'Integer' } } }), 400, 'InvalidRequestException', /"n"/);
  refused(await engine.post('/task/999999/bpmnError', { errorCode: 'SHORT' }), 500, 'ProcessEngineException', /./);
  assert.equal((await engine.post(`/task/${task.id}/bpmnError`, { errorCode: 'SHORT' }, 'plain')).status, 403);
  assert.deepEqual(await steps(id), ['count']);
  assert.equal((await engine.post(`/task/${task.id}/claim`, { userId: 'clerk' }, 'clerk')).status, 204);
  assert.notEqual((await engine.post(`/task/${task.id}/bpmnError`, { errorCode: 'SHORT' })).status, 204);
  assert.equal((await engine.post(`/task/${task.id}/bpmnError`, { errorCode: 'SHORT' }, 'clerk')).status, 204);
});

test('what was thrown is in the journal, which replays to the same records', async () => {
  const store = process.env.GX_ENGINE_DATABASE ? ['--db', process.env.GX_ENGINE_DATABASE] : [];
  const said = execFileSync(process.env.GX_BINARY ?? join(root, 'build/gaoxing'), ['case', 'replay', '--data', engine.zone.folder, ...store], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'en_US.UTF-8' } });
  assert.match(said, /[1-9]\d* .*all equal/);
});
