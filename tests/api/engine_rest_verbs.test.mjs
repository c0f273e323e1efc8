// The lesser verbs of /engine-rest: delegating, retries and priorities of many, jobs, sorting and paging, counts, and what wrong requests are told.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Engine, end, external, line, model, start, user } from './engine_rest.mjs';

const engine = new Engine();
const timer = (id, hours) => `<intermediateCatchEvent id="${id}"><timerEventDefinition><timeDuration>PT${hours}H</timeDuration></timerEventDefinition></intermediateCatchEvent>`;
const when = (id, to, condition) => `<sequenceFlow id="${id}" sourceRef="fork" targetRef="${to}"><conditionExpression>\${${condition}}</conditionExpression></sequenceFlow>`;
before(async () => {
  await engine.start(process.env.GX_ENGINE_DATABASE);
  engine.keys.nrb = (await engine.admin.post('/keys', { account: 'nrb', note: 'test' })).key; // staff of a department: who is asked first must be
  const { status, body } = await engine.deploy({
    'sorted.bpmn': model('sorted', line(start, '<userTask id="do" name="Do it" camunda:candidateGroups="accounting" camunda:priority="${weight}" camunda:dueDate="${due}"/>', end)),
    'press.bpmn': model('press', line(start, external('print', 'printing'), end)),
    'rest.bpmn': model('rest', line(start, timer('long', 48), end)),
    'nap.bpmn': model('nap', line(start, timer('short', 2), user('wake'), end)),
    'broken.bpmn': model('broken', [line(start, '<exclusiveGateway id="fork"/>'), user('wait'), '<endEvent id="shut"/>', when('to', 'wait', 'open == true'), when('off', 'shut', 'open == false'), '<sequenceFlow id="g" sourceRef="wait" targetRef="shut"/>'].join('\n')),
  });
  assert.equal(status, 200, JSON.stringify(body));
});
after(() => engine.end());

const begin = async (key, body) => (await engine.post(`/process-definition/key/${key}/start`, body)).body;
const put = (path, body, account) => engine.call('PUT', path, body, account);
const refused = (answer, status, type, message) => {
  assert.deepEqual([answer.status, answer.body?.type, answer.body?.code], [status, type, null], JSON.stringify(answer.body));
  assert.match(answer.body.message, message);
};
const fetchAndLock = (body) => engine.post('/external-task/fetchAndLock', { workerId: 'w', maxTasks: 10, topics: [{ topicName: 'printing', lockDuration: 60000 }], ...body });

test('a task is delegated, waits, and comes back to its owner when it is resolved', async () => {
  const { id } = await begin('sorted', { variables: { weight: { value: 50, type: 'Integer' }, due: { value: '2026-12-01T09:00:00+08:00' } } });
  const [task] = (await engine.get(`/task?processInstanceId=${id}`)).body;
  assert.equal((await engine.post(`/task/${task.id}/claim`, { userId: 'machine' })).status, 204);
  refused(await engine.post(`/task/${task.id}/delegate`, {}), 400, 'InvalidRequestException', /userId/);
  refused(await engine.post(`/task/${task.id}/delegate`, { user: 'nrb' }), 400, 'InvalidRequestException', /"user"/);
  assert.notEqual((await engine.post(`/task/${task.id}/delegate`, { userId: 'nobody' })).status, 204);
  const delegated = await engine.post(`/task/${task.id}/delegate`, { userId: 'nrb' });
  assert.equal(delegated.status, 204, JSON.stringify(delegated.body));
  assert.equal((await engine.get(`/task/${task.id}`)).body.delegationState, 'PENDING');
  assert.deepEqual((await engine.get(`/task?processInstanceId=${id}&delegationState=PENDING`)).body.map((one) => one.id), [task.id]);
  assert.notEqual((await engine.post(`/task/${task.id}/complete`, {})).status, 204);
  refused(await engine.post(`/task/${task.id}/resolve`, {}), 500, 'ProcessEngineException', /./);
  const answer = await engine.post(`/task/${task.id}/resolve`, { variables: { checked: { value: true, type: 'Boolean' } } }, 'nrb');
  assert.equal(answer.status, 204, JSON.stringify(answer.body));
  const { body: back } = await engine.get(`/task/${task.id}`);
  assert.deepEqual([back.delegationState, back.assignee], [null, 'machine']);
  assert.equal((await engine.post(`/task/${task.id}/complete`, {})).status, 204);
  refused(await engine.post(`/task/${task.id}/resolve`, {}), 500, 'ProcessEngineException', /./);
});

test('tasks are sorted by several keys and paged, and counted by the same conditions', async () => {
  const made = [[10, '2026-12-03'], [30, '2026-12-01'], [30, '2026-12-02'], [20, '2026-12-04']];
  for (const [i, [weight, due]] of made.entries()) await begin('sorted', { businessKey: `s${i}`, variables: { weight: { value: weight, type: 'Integer' }, due: { value: `${due}T09:00:00+08:00` } } });
  const of = (answer) => answer.body.map((one) => `${one.priority}/${one.due?.slice(8, 10)}`);
  const only = 'processInstanceBusinessKeyLike=s%25';
  assert.deepEqual(of(await engine.get(`/task?${only}&sortBy=dueDate&sortOrder=asc`)), ['30/01', '30/02', '10/03', '20/04']);
  const sorting = [{ sortBy: 'priority', sortOrder: 'desc' }, { sortBy: 'dueDate', sortOrder: 'desc' }];
  assert.deepEqual(of(await engine.post('/task', { processInstanceBusinessKeyLike: 's%', sorting })), ['30/02', '30/01', '20/04', '10/03']);
  assert.deepEqual(of(await engine.call('POST', '/task?firstResult=1&maxResults=2', { processInstanceBusinessKeyLike: 's%', sorting })), ['30/01', '20/04']);
  assert.deepEqual(of(await engine.get(`/task?${only}&sortBy=priority&sortOrder=asc&firstResult=3`)), ['30/02']);
  assert.deepEqual(of(await engine.get(`/task?${only}&maxResults=0`)), []);
  assert.equal((await engine.get(`/task/count?${only}&minPriority=20&firstResult=1&maxResults=1`)).body.count, 3);
  assert.equal((await engine.post('/task/count', { processInstanceBusinessKeyLike: 's%', dueBefore: '2026-12-02T10:00:00.000+0800' })).body.count, 2);
  refused(await engine.get('/task?sortBy=priority&sortOrder=up'), 400, 'InvalidRequestException', /sort/);
  refused(await engine.get('/task?sortBy=colour&sortOrder=asc'), 400, 'InvalidRequestException', /colour/);
  refused(await engine.get('/task?sortOrder=asc'), 400, 'InvalidRequestException', /sort/);
  refused(await engine.post('/task', { sorting: [{ sortBy: 'priority' }] }), 400, 'InvalidRequestException', /priority/);
  refused(await engine.post('/task', { sorting: 'priority' }), 400, 'InvalidRequestException', /sorting/);
  refused(await engine.get('/task?firstResult=first'), 400, 'InvalidRequestException', /firstResult/);
  refused(await engine.get('/task?maxResults=-1'), 400, 'InvalidRequestException', /maxResults/);
});

test('external tasks get their priority and retries, one or many at once', async () => {
  const [a, b, c] = [await begin('press'), await begin('press'), await begin('press')];
  const [ta, tb, tc] = await Promise.all([a, b, c].map(async (one) => (await engine.get(`/external-task?processInstanceId=${one.id}`)).body[0].id));
  assert.equal((await put(`/external-task/${tb}/priority`, { priority: 9 })).status, 204);
  assert.deepEqual((await engine.get('/external-task?topicName=printing&sortBy=taskPriority&sortOrder=desc&maxResults=1')).body.map((one) => [one.id, one.priority]), [[tb, 9]]);
  assert.equal((await engine.get('/external-task/count?topicName=printing&priorityHigherThanOrEquals=1')).body.count, 1);
  assert.deepEqual((await fetchAndLock({ maxTasks: 1, usePriority: true })).body.map((one) => one.id), [tb]);
  assert.equal((await put('/external-task/retries', { retries: 4, externalTaskIds: [ta], processInstanceIds: [b.id, c.id] })).status, 204);
  assert.deepEqual((await engine.get('/external-task?topicName=printing&sortBy=id&sortOrder=asc')).body.map((one) => one.retries), [4, 4, 4]);
  assert.equal((await put('/external-task/retries', { retries: 0, processInstanceIds: [a.id, c.id] })).status, 204);
  assert.equal((await engine.get('/external-task/count?topicName=printing&noRetriesLeft=true')).body.count, 2);
  assert.equal((await engine.get('/incident/count?processDefinitionKeyIn=press')).body.count, 2);
  assert.equal((await put('/external-task/retries', { retries: 1, externalTaskIds: [ta, tc] })).status, 204);
  assert.equal((await engine.get('/incident/count?processDefinitionKeyIn=press')).body.count, 0);
  assert.deepEqual((await fetchAndLock({})).body.map((one) => one.id).sort(), [ta, tc].sort());
  refused(await put('/external-task/retries', { retries: 1 }), 400, 'InvalidRequestException', /./);
  refused(await put('/external-task/retries', { externalTaskIds: [ta] }), 400, 'InvalidRequestException', /./);
  refused(await put('/external-task/retries', { retries: 'two', externalTaskIds: [ta] }), 400, 'InvalidRequestException', /./);
  refused(await put('/external-task/retries', { retries: 2, externalTaskIds: [ta, '987654'] }), 404, 'RestException', /./);
  refused(await put('/external-task/retries', { retries: 2, externalTaskIds: ta }), 400, 'InvalidRequestException', /externalTaskIds/);
  refused(await put('/external-task/retries', { retries: 2, processInstanceIds: ['GX-2026-999999'] }), 404, 'NotFoundException', /999999/);
  refused(await put('/external-task/retries', { retries: 2, externalTaskIds: Array.from({ length: 2001 }, () => ta) }), 400, 'InvalidRequestException', /2000/);
  assert.equal((await engine.get(`/external-task/${ta}`)).body.retries, 1);
  refused(await put(`/external-task/${ta}/priority`, { priority: 'high' }), 400, 'InvalidRequestException', /./);
  refused(await put(`/external-task/${ta}/priority`, { importance: 1 }), 400, 'InvalidRequestException', /importance/);
  refused(await put(`/external-task/${ta}/retries`, {}), 400, 'InvalidRequestException', /./);
  refused(await put(`/external-task/${ta}/retries`, { retries: -1 }), 400, 'InvalidRequestException', /./);
  refused(await put('/external-task/none/retries', { retries: 1 }), 404, 'RestException', /./);
  assert.equal((await put(`/external-task/${ta}/retries`, { retries: 2 }, 'clerk')).status, 403);
});

test('jobs are sorted and paged, counted, and a used-up one is given retries', async () => {
  const [long, short, broken] = [await begin('rest'), await begin('nap'), await begin('broken')];
  const mine = `processInstanceIds=${[long, short, broken].map((one) => one.id)}`;
  const of = async (query) => (await engine.get(`/job?${mine}&${query}`)).body.map((one) => one.processDefinitionKey);
  assert.deepEqual(await of('timers=true&sortBy=jobDueDate&sortOrder=asc'), ['nap', 'rest']);
  assert.deepEqual(await of('timers=true&sortBy=jobDueDate&sortOrder=desc&firstResult=1'), ['nap']);
  assert.deepEqual(await of('sortBy=processDefinitionKey&sortOrder=asc&maxResults=2'), ['broken', 'nap']);
  assert.deepEqual(await of('noRetriesLeft=true&withException=true'), ['broken']);
  assert.equal((await engine.get(`/job/count?${mine}`)).body.count, 3);
  assert.equal((await engine.post('/job/count', { processInstanceIds: [long.id, broken.id], withRetriesLeft: true })).body.count, 1);
  const [job] = (await engine.get(`/job?processInstanceId=${broken.id}`)).body;
  assert.deepEqual((await engine.get(`/job/${job.id}`)).body, job);
  const [incident] = (await engine.get(`/incident?processInstanceId=${broken.id}&sortBy=incidentTimestamp&sortOrder=desc`)).body;
  assert.deepEqual([incident.incidentType, incident.configuration], ['failedJob', job.id]);
  assert.equal((await engine.get(`/incident/${incident.id}`)).body.id, incident.id);
  assert.equal((await put(`/process-instance/${broken.id}/variables/open`, { value: true, type: 'Boolean' })).status, 204);
  assert.equal((await put(`/job/${job.id}/retries`, { retries: 1 })).status, 204);
  assert.equal((await engine.get(`/task/count?processInstanceId=${broken.id}`)).body.count, 1);
  refused(await put(`/job/${job.id}/retries`, { retries: 1 }), 404, 'NotFoundException', /./);
  const [pause] = (await engine.get(`/job?processInstanceId=${long.id}`)).body;
  refused(await put(`/job/${pause.id}/retries`, { retries: 1 }), 400, 'InvalidRequestException', /retries/);
  refused(await put(`/job/${pause.id}/retries`, { tries: 1 }), 400, 'InvalidRequestException', /tries/);
  refused(await put(`/job/${pause.id}/duedate`, { duedate: '2027-01-01T00:00:00.000+0800' }), 400, 'InvalidRequestException', /duedate/);
  refused(await put(`/job/${pause.id}/duedate`, { duedate: 'soon' }), 400, 'InvalidRequestException', /soon/);
  refused(await engine.post('/job/t1.9/execute'), 404, 'NotFoundException', /./);
  refused(await engine.post('/job/zzz/execute'), 404, 'NotFoundException', /zzz/);
  refused(await engine.get('/job/zzz'), 404, 'NotFoundException', /zzz/);
});

test('every list has its count, by query and by body', async () => {
  for (const path of ['deployment', 'process-definition', 'process-instance', 'task', 'external-task', 'job', 'incident', 'history/process-instance', 'history/task', 'history/incident']) {
    const list = (await engine.get(`/${path}`)).body, { status, body } = await engine.get(`/${path}/count`);
    assert.deepEqual([path, status, body], [path, 200, { count: list.length }]);
  }
  for (const path of ['process-instance', 'task', 'external-task', 'job', 'history/process-instance', 'history/task']) {
    const list = (await engine.post(`/${path}`)).body, { status, body } = await engine.post(`/${path}/count`);
    assert.deepEqual([path, status, body], [path, 200, { count: list.length }]);
  }
});

test('wrong bodies are refused in the shape of the reference, and nothing happens', async () => {
  const send = async (method, path, body) => {
    const answer = await fetch(engine.base + path, { method, headers: { Authorization: engine.authorization('machine'), 'Content-Type': 'application/json', 'Accept-Language': 'en' }, body });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : { asked: `${method} ${path} ${body}` } };
  };
  const { id } = await begin('sorted', { variables: { weight: { value: 1, type: 'Integer' }, due: { value: '2026-12-01T09:00:00+08:00' } } });
  const [task] = (await engine.get(`/task?processInstanceId=${id}`)).body;
  const paths = [['POST', '/task'], ['POST', '/task/count'], ['POST', '/process-instance'], ['POST', '/job'], ['POST', '/history/task'], ['POST', '/external-task'], ['POST', '/external-task/fetchAndLock'], ['PUT', '/external-task/retries'], ['POST', '/message'], ['POST', '/signal'],
    ['POST', '/process-definition/key/sorted/start'], ['POST', `/task/${task.id}/claim`], ['POST', `/task/${task.id}/complete`], ['POST', `/task/${task.id}/delegate`], ['POST', `/task/${task.id}/resolve`], ['POST', `/task/${task.id}/bpmnError`], ['POST', `/task/${task.id}/bpmnEscalation`],
    ['PUT', `/process-instance/${id}/suspended`], ['POST', `/process-instance/${id}/variables`], ['PUT', `/process-instance/${id}/variables/x`], ['POST', `/process-instance/${id}/modification`], ['PUT', '/process-definition/key/sorted/suspended']];
  for (const [method, path] of paths) {
    refused(await send(method, path, '{"a":'), 400, 'JsonParseException', /./);
    for (const body of ['[]', '"text"', '7']) refused(await send(method, path, body), 400, 'InvalidRequestException', /./);
    refused(await send(method, path, '{"nobodyKnows":1}'), 400, 'InvalidRequestException', /nobodyKnows/);
  }
  refused(await engine.post(`/task/${task.id}/complete`, { variables: ['x'] }), 400, 'InvalidRequestException', /./);
  refused(await engine.post(`/task/${task.id}/complete`, { variables: { x: 5 } }), 400, 'InvalidRequestException', /"x"/);
  refused(await engine.post('/process-definition/key/nothing/start', {}), 404, 'RestException', /nothing/);
  refused(await engine.post('/message', {}), 400, 'InvalidRequestException', /messageName/);
  refused(await engine.get('/task/none'), 404, 'InvalidRequestException', /./);
  assert.equal((await engine.get(`/task/count?processInstanceId=${id}`)).body.count, 1);
  const nobody = await fetch(`${engine.base}/task`);
  assert.deepEqual([nobody.status, (await nobody.json()).type], [401, 'AuthenticationException']);
});
