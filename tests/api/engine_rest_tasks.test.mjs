// Tasks and conditions over /engine-rest: errors and escalations that reach their boundary events, candidates, variables.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Engine, end, external, line, model, start, user } from './engine_rest.mjs';
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
    'plan.bpmn': model('plan', line(start, user('draw'), end)),
    'pick.bpmn': model('pick', line(start, external('take', 'picking'), end)),
    'crowd.bpmn': model('crowd', line(start, external('wait', 'crowd'), end)),
    'votes.bpmn': model('votes', line(start, '<userTask id="vote" name="Vote" camunda:candidateGroups="accounting"><multiInstanceLoopCharacteristics camunda:collection="${people}" camunda:elementVariable="person"/></userTask>', end)),
    'store.bpmn': model('store', line(start, user('fetch'), end)),
  });
  assert.equal(status, 200, JSON.stringify(body));
});
after(() => engine.end());

const begin = async (key, body) => (await engine.post(`/process-definition/key/${key}/start`, body)).body;
const open = async (instance) => (await engine.get(`/task?processInstanceId=${instance}&sortBy=name&sortOrder=asc`)).body;
const steps = async (instance) => (await open(instance)).map((one) => one.taskDefinitionKey);
const ids = (answer) => answer.body.map((one) => one.processInstanceId ?? one.id).sort();
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

test('candidates are asked about tasks that nobody has, unless those with an assignee are included', async () => {
  const { id } = await begin('plan');
  const [task] = await open(id);
  const count = async (query) => (await engine.get(`/task/count?processInstanceId=${id}&${query}`)).body.count;
  assert.deepEqual(await Promise.all(['candidateUser=clerk', 'candidateUser=plain', 'candidateUser=nobody', 'candidateGroup=accounting', 'candidateGroups=x,accounting', 'withCandidateGroups=true', 'withCandidateUsers=true', 'withoutCandidateGroups=true'].map(count)), [1, 0, 0, 1, 1, 1, 0, 0]);
  assert.equal((await engine.post(`/task/${task.id}/claim`, { userId: 'clerk' }, 'clerk')).status, 204);
  assert.deepEqual(await Promise.all(['candidateUser=clerk', 'candidateUser=clerk&includeAssignedTasks=true', 'candidateUser=machine&includeAssignedTasks=true', 'candidateGroup=accounting', 'candidateGroup=accounting&includeAssignedTasks=true'].map(count)), [0, 1, 1, 0, 1]);
  assert.equal((await engine.post('/task/count', { processInstanceId: id, candidateGroups: ['accounting'], includeAssignedTasks: true })).body.count, 1);
  refused(await engine.get('/task?includeAssignedTasks=true'), 400, 'InvalidRequestException', /includeAssignedTasks/);
});

const plans = {};
test('instances, tasks, history and external tasks are found by variables, declared ones and others', async () => {
  const make = async (key, name, variables) => (plans[`${key}-${name}`] = (await begin(key, { variables })).id);
  for (const key of ['plan', 'pick']) {
    await make(key, 'small', { area: { value: 20, type: 'Integer' }, city: { value: '成都' }, begins: { value: '2026-12-01' }, urgent: { value: true, type: 'Boolean' }, note: { value: 'left_over' } });
    await make(key, 'large', { area: { value: 100, type: 'Integer' }, city: { value: 'Chongqing' }, begins: { value: '2027-01-15' }, urgent: { value: false, type: 'Boolean' }, note: { value: 'leftover' } });
    await make(key, 'none', { area: { value: null, type: 'Null' }, depth: { value: 5, type: 'Integer' } });
  }
  const cases = [
    ['area_gteq_20', ['small', 'large']], ['area_gt_20', ['large']], ['area_lt_100,city_eq_成都', ['small']], ['area_eq_20.0', ['small']], ['area_neq_20', ['large']], ['area_lteq_9', []],
    ['city_like_cHONG%', ['large']], ['city_neq_成都', ['large']], ['begins_lt_2027-01-01', ['small']], ['urgent_eq_false', ['large']], ['urgent_neq_false', ['small']],
    ['note_like_left\\_%', ['small']], ['note_like_left_%', ['small', 'large']], ['note_eq_leftover', ['large']], ['note_neq_leftover', ['small']], ['depth_gt_4', ['none']], ['area_gt_9,note_eq_leftover', ['large']], ['absent_neq_1', []],
  ];
  for (const [query, names] of cases) {
    const of = (key) => names.map((name) => plans[`${key}-${name}`]).sort();
    const encoded = encodeURIComponent(query).replaceAll('%2525', '%');
    assert.deepEqual(ids(await engine.get(`/process-instance?processDefinitionKey=plan&variables=${encoded}`)), of('plan'), query);
    assert.deepEqual(ids(await engine.get(`/task?processDefinitionKey=plan&processVariables=${encoded}`)), of('plan'), query);
    assert.deepEqual(ids(await engine.get(`/task?processDefinitionKey=plan&taskVariables=${encoded}`)), of('plan'), query);
    assert.deepEqual(ids(await engine.get(`/history/task?processDefinitionKey=plan&processVariables=${encoded}`)), of('plan'), query);
    assert.deepEqual(ids(await engine.get(`/history/process-instance?processDefinitionKey=plan&variables=${encoded}`)), of('plan'), query);
    assert.deepEqual(ids(await engine.get(`/external-task?processDefinitionKey=pick&processVariables=${encoded}`)), of('pick'), query);
    assert.equal((await engine.get(`/process-instance/count?processDefinitionKey=plan&variables=${encoded}`)).body.count, names.length, query);
  }
  const typed = (name, operator, value) => engine.post('/process-instance/count', { processDefinitionKey: 'plan', variables: [{ name, operator, value }] });
  assert.deepEqual([(await typed('area', 'eq', 20)).body.count, (await typed('area', 'eq', '20')).body.count, (await typed('area', 'eq', null)).body.count, (await typed('area', 'neq', null)).body.count], [1, 0, 1, 2]);
  assert.deepEqual([(await typed('urgent', 'eq', true)).body.count, (await typed('urgent', 'eq', 'true')).body.count], [1, 0]);
  const page = await engine.get('/process-instance?processDefinitionKey=plan&variables=area_gt_0&sortBy=instanceId&sortOrder=desc&firstResult=1&maxResults=1');
  assert.deepEqual(ids(page), [plans['plan-small']]);
  refused(await typed('area', 'near', 20), 400, 'InvalidRequestException', /near/);
  refused(await typed('city', 'like', 20), 400, 'InvalidRequestException', /like/);
  refused(await engine.post('/process-instance', { variables: 'area_eq_20' }), 400, 'InvalidRequestException', /variables/);
  refused(await engine.get('/process-instance?variables=area'), 400, 'InvalidRequestException', /area/);
  refused(await engine.get('/history/task?taskVariables=area_eq_20'), 400, 'InvalidRequestException', /taskVariables/);
});

test('what a task sees is asked for with taskVariables, also what only this one of several sees', async () => {
  const { id } = await begin('votes', { variables: { people: { value: '["ann","bob"]', type: 'Json' }, round: { value: 1, type: 'Integer' } } });
  assert.equal((await open(id)).length, 2);
  assert.equal((await engine.get(`/task/count?processInstanceId=${id}&taskVariables=person_eq_bob,round_eq_1`)).body.count, 1);
  assert.equal((await engine.get(`/task/count?processInstanceId=${id}&processVariables=person_eq_bob`)).body.count, 0);
});

test('a worker fetches by variables whatever else stands in the way, and holds nothing else', async () => {
  const fetchAndLock = (processVariables) => engine.post('/external-task/fetchAndLock', { workerId: 'w', maxTasks: 10, topics: [{ topicName: 'picking', lockDuration: 60000, processVariables }] });
  assert.deepEqual(ids(await fetchAndLock({ area: 7 })), []);
  assert.deepEqual(ids(await fetchAndLock({ area: 100, note: 'leftover' })), [plans['pick-large']]);
  assert.deepEqual(ids(await fetchAndLock({ depth: 5 })), [plans['pick-none']]);
  assert.equal((await engine.get('/external-task/count?locked=true&processDefinitionKey=pick')).body.count, 2);
  assert.deepEqual(ids(await fetchAndLock({})), [plans['pick-small']]);
});

test('a declared variable is compared as it is declared: the index answers', async () => {
  const { id } = await begin('plan', { variables: { begins: { value: '2031-05-05T10:00:00+08:00' }, city: { value: ' Turfan ' } } });
  for (const until = Date.now() + 8000; Date.now() < until; await new Promise((done) => setTimeout(done, 50))) if (ids(await engine.get('/process-instance?variables=begins_eq_2031-05-05')).includes(id)) break;
  assert.deepEqual(ids(await engine.get('/process-instance?variables=begins_eq_2031-05-05,city_eq_Turfan')), [id]);
});

test('a worker finds what a declared variable says among a thousand others, and is told where one is not declared', { timeout: 60000 }, async () => {
  const numbers = Array.from({ length: 1005 }, (_, i) => i);
  await Promise.all(Array.from({ length: 24 }, async () => {
    for (let i; (i = numbers.pop()) !== undefined; ) await begin('crowd', { variables: { area: { value: i === 1004 ? 1 : 2, type: 'Integer' }, depth: { value: i, type: 'Integer' } } });
  }));
  const fetchAndLock = (processVariables) => engine.post('/external-task/fetchAndLock', { workerId: 'w', maxTasks: 1, topics: [{ topicName: 'crowd', lockDuration: 60000, processVariables }] });
  refused(await fetchAndLock({ depth: 9999 }), 400, 'InvalidRequestException', /depth is not declared.*more than 1000/);
  const { body } = await fetchAndLock({ area: 1, depth: 1004 });
  assert.deepEqual(body.map((one) => one.variables.depth.value), [1004]);
  assert.equal((await engine.get('/external-task/count?topicName=crowd&processVariables=depth_lt_500')).body.count, 500);
  assert.equal((await engine.get('/external-task/count?topicName=crowd&locked=true')).body.count, 1);
});

test('what was thrown is in the journal, which replays to the same records', async () => {
  const store = process.env.GX_ENGINE_DATABASE ? ['--db', process.env.GX_ENGINE_DATABASE] : [];
  const said = execFileSync(process.env.GX_BINARY ?? join(root, 'build/gaoxing'), ['case', 'replay', '--data', engine.zone.folder, ...store], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'en_US.UTF-8' } });
  assert.match(said, /[1-9]\d* .*all equal/);
});
