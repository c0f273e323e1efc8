// Instances, tasks, messages, external tasks, incidents and history over /engine-rest, as programs written for Camunda 7 ask for them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Engine, end, external, line, model, start, user } from './engine_rest.mjs';

const engine = new Engine();
const waits = (id, name) => `<intermediateCatchEvent id="${id}"><messageEventDefinition messageRef="m-${name}"/></intermediateCatchEvent>`;
before(async () => {
  await engine.start(process.env.GX_ENGINE_DATABASE);
  const { status, body } = await engine.deploy({
    'order.bpmn': model('order', line(start, user('check'), user('pay', 'camunda:assignee="clerk" camunda:priority="70"'), end)),
    'shipping.bpmn': model('shipping', line(start, external('pack', 'packing'), end)),
    'letters.bpmn': model('letters', line(start, waits('reply', 'answer'), user('read'), end), '<message id="m-answer" name="answer"/>'),
    'inbox.bpmn': model('inbox', line('<startEvent id="mail"><messageEventDefinition messageRef="m-mail"/></startEvent>', user('sort'), end), '<message id="m-mail" name="mail"/>'),
    'alarm.bpmn': model('alarm', line(start, '<intermediateCatchEvent id="hear"><signalEventDefinition signalRef="s1"/></intermediateCatchEvent>', user('run'), end), '<signal id="s1" name="siren"/>'),
    'late.bpmn': model('late', line(start, '<intermediateCatchEvent id="pause"><timerEventDefinition><timeDuration>PT24H</timeDuration></timerEventDefinition></intermediateCatchEvent>', user('after'), end)),
  });
  assert.equal(status, 200, JSON.stringify(body));
});
after(() => engine.end());

const begin = async (key, body) => (await engine.post(`/process-definition/key/${key}/start`, body)).body;
const open = async (instance) => (await engine.get(`/task?processInstanceId=${instance}`)).body;
async function sees(what, ms = 8000) {
  for (const until = Date.now() + ms; Date.now() < until; await new Promise((done) => setTimeout(done, 50))) if (await what()) return;
  assert.fail('it does not happen');
}

test('instances are found by key, business key, state and variables, page by page', async () => {
  const ids = [];
  for (const amount of [10, 20, 30]) ids.push((await begin('order', { businessKey: `list-${amount}`, variables: { amount: { value: amount, type: 'Integer' }, who: { value: '甲乙', type: 'String' } } })).id);
  const found = (await engine.get('/process-instance?processDefinitionKey=order&businessKey=list-20')).body;
  assert.deepEqual(found.map((one) => [one.id, one.businessKey, one.definitionKey, one.ended]), [[ids[1], 'list-20', 'order', false]]);
  assert.equal((await engine.get('/process-instance/count?businessKeyLike=list-%25')).body.count, 3);
  assert.deepEqual((await engine.get('/process-instance?processDefinitionKey=order&variables=amount_gteq_20,who_like_甲%25')).body.map((one) => one.id), ids.slice(1));
  assert.equal((await engine.post('/process-instance/count', { variables: [{ name: 'amount', operator: 'lt', value: 20 }] })).body.count, 1);
  const page = (await engine.get('/process-instance?businessKeyLike=list-%25&sortBy=businessKey&sortOrder=desc&firstResult=1&maxResults=1')).body;
  assert.deepEqual(page.map((one) => one.businessKey), ['list-20']);
  assert.equal((await engine.call('PUT', `/process-instance/${ids[0]}/suspended`, { suspended: true })).status, 204);
  assert.equal((await engine.get('/process-instance/count?suspended=true&processDefinitionKey=order')).body.count, 1);
  assert.equal((await engine.call('PUT', `/process-instance/${ids[0]}/suspended`, { suspended: false })).status, 204);
});

test('a sort or filter that means nothing is refused, an unknown name is ignored in a query and refused in a body', async () => {
  const sort = await engine.get('/process-instance?sortBy=businessKey');
  assert.deepEqual([sort.status, sort.body.type], [400, 'InvalidRequestException']);
  assert.equal((await engine.get('/process-instance?tenantIdIn=a')).status, 400);
  assert.equal((await engine.get('/process-instance?nobodyKnows=1')).status, 200);
  assert.equal((await engine.post('/process-instance', { nobodyKnows: 1 })).status, 400);
  assert.equal((await engine.get('/task?createdAfter=yesterday')).status, 400);
  assert.equal((await engine.get('/process-instance/GX-2026-999999')).status, 404);
});

test('variables keep their type and every digit', async () => {
  const sent = {
    whole: { value: 9007199254740993, type: 'Long' },
    ratio: { value: 0.1, type: 'Double' },
    date: { value: '2026-01-31T13:42:42.123+0200', type: 'Date' },
    flag: { value: true, type: 'Boolean' },
    nothing: { value: null, type: 'Null' },
    tree: { value: '{"a":[1,{"b":1.50}],"c":12345678901234567890}', type: 'Json' },
    object: { value: '{"name":"甲"}', type: 'Object', valueInfo: { objectTypeName: 'java.util.HashMap', serializationDataFormat: 'application/json' } },
  };
  const body = JSON.stringify({ variables: sent }).replace('9007199254740992', '9007199254740993'); // JavaScript cannot write this number
  const headers = { 'Content-Type': 'application/json', Authorization: engine.authorization('machine') };
  const { id } = await (await fetch(`${engine.base}/process-definition/key/order/start`, { method: 'POST', headers, body })).json();
  const text = await (await fetch(`${engine.base}/process-instance/${id}/variables`, { headers })).text();
  assert.match(text, /"whole":\{"type":"Long","value":9007199254740993,/);
  const got = JSON.parse(text);
  assert.deepEqual([got.ratio.type, got.ratio.value], ['Double', 0.1]);
  assert.deepEqual([got.date.type, got.date.value], ['Date', sent.date.value]);
  assert.deepEqual([got.flag.type, got.nothing.type, got.nothing.value], ['Boolean', 'Null', null]);
  assert.equal(got.tree.type, 'Json');
  assert.deepEqual(JSON.parse(got.object.value), { name: '甲' });
  assert.match(got.tree.value, /12345678901234567890/);
  const bad = await engine.call('PUT', `/process-instance/${id}/variables/x`, { value: 'many', type: 'Integer' });
  assert.deepEqual([bad.status, bad.body.type], [400, 'InvalidRequestException']);
  assert.equal((await engine.call('PUT', `/process-instance/${id}/variables/x`, { value: 'rO0', type: 'Bytes' })).status, 400);
  assert.equal((await engine.call('PUT', `/process-instance/${id}/variables/x`, { value: 5, type: 'Integer' })).status, 204);
  assert.equal((await engine.post(`/process-instance/${id}/variables`, { modifications: { y: { value: 'z' } }, deletions: ['x'] })).status, 204);
  assert.equal((await engine.get(`/process-instance/${id}/variables/x`)).body.value, null);
  assert.equal((await engine.get(`/variable-instance?processInstanceIdIn=${id}&variableName=y`)).body[0].value, 'z');
  assert.equal((await engine.get(`/process-instance/${id}/variables/none`)).status, 404);
});

test('a task goes from its group to its person and on, with the rights of the house', async () => {
  const { id } = await begin('order', { variables: { amount: { value: 5, type: 'Integer' } } });
  const [task] = (await engine.get(`/task?processInstanceId=${id}`, 'clerk')).body;
  assert.deepEqual([task.name, task.taskDefinitionKey, task.assignee, task.processDefinitionId], ['Task check', 'check', null, 'order:1']);
  assert.deepEqual((await engine.get(`/task/${task.id}/identity-links`, 'clerk')).body, [{ userId: null, groupId: 'accounting', type: 'candidate' }]);
  assert.equal((await engine.get('/task', 'plain')).status, 403);
  assert.equal((await engine.post(`/task/${task.id}/claim`, { userId: 'clerk' }, 'clerk')).status, 204);
  const taken = await engine.post(`/task/${task.id}/claim`, { userId: 'machine' });
  assert.deepEqual([taken.status, taken.body.type], [500, 'TaskAlreadyClaimedException']);
  assert.equal((await engine.get(`/task/count?assignee=clerk&processInstanceId=${id}`, 'clerk')).body.count, 1);
  assert.equal((await engine.post(`/task/${task.id}/unclaim`, {}, 'clerk')).status, 204);
  assert.equal((await engine.get(`/task/${task.id}/variables`, 'clerk')).body.amount.value, 5);
  const done = await engine.post(`/task/${task.id}/complete`, { variables: { checked: { value: true, type: 'Boolean' } }, withVariablesInReturn: true }, 'clerk');
  assert.equal(done.status, 200, JSON.stringify(done.body));
  assert.deepEqual(done.body.checked, { type: 'Boolean', value: true, valueInfo: {} });
  assert.equal((await engine.post(`/task/${task.id}/complete`, {}, 'clerk')).status, 500);
  const [pay] = (await engine.get(`/task?processInstanceId=${id}&sortBy=priority&sortOrder=desc`, 'clerk')).body;
  assert.deepEqual([pay.taskDefinitionKey, pay.assignee, pay.priority], ['pay', 'clerk', 70]);
  assert.notEqual((await engine.post(`/task/${pay.id}/complete`, {}, 'plain')).status, 204);
  assert.equal((await engine.post(`/task/${pay.id}/complete`, {}, 'clerk')).status, 204);
  assert.equal((await engine.get(`/process-instance/${id}`)).status, 404);
  const { body: ended } = await engine.get(`/history/process-instance/${id}`);
  assert.deepEqual([ended.state, ended.processDefinitionKey, ended.startUserId], ['COMPLETED', 'order', 'machine']);
  assert.ok(ended.endTime && ended.durationInMillis >= 0);
});

test('history tells what an instance went through', async () => {
  const { id } = await begin('order', { businessKey: 'history' });
  const [task] = await open(id);
  await engine.post(`/task/${task.id}/complete`, {}, 'clerk');
  const activities = (await engine.get(`/history/activity-instance?processInstanceId=${id}`)).body;
  assert.deepEqual(activities.map((one) => [one.activityId, one.activityType, one.endTime !== null]), [['start', 'startEvent', true], ['check', 'userTask', true], ['pay', 'userTask', false]]);
  assert.equal((await engine.get(`/history/activity-instance/count?processInstanceId=${id}&unfinished=true`)).body.count, 1);
  const tasks = (await engine.get(`/history/task?processInstanceId=${id}&finished=true`)).body;
  assert.deepEqual(tasks.map((one) => [one.taskDefinitionKey, one.deleteReason, one.assignee]), [['check', 'completed', 'clerk']]);
  assert.equal((await engine.get('/history/process-instance/count?processInstanceBusinessKey=history&unfinished=true')).body.count, 1);
  const { body: tree } = await engine.get(`/process-instance/${id}/activity-instances`);
  assert.deepEqual([tree.id, tree.activityType, tree.childActivityInstances.map((one) => one.activityId)], [id, 'processDefinition', ['pay']]);
});

test('a token is moved and an instance is deleted by who may repair', async () => {
  const { id } = await begin('order');
  const moved = await engine.post(`/process-instance/${id}/modification`, { annotation: 'paid already', instructions: [{ type: 'cancel', activityId: 'check' }, { type: 'startBeforeActivity', activityId: 'pay', variables: { paid: { value: true, type: 'Boolean' } } }] });
  assert.equal(moved.status, 204, JSON.stringify(moved.body));
  assert.deepEqual((await engine.get(`/task?processInstanceId=${id}`)).body.map((one) => one.taskDefinitionKey), ['pay']);
  assert.equal((await engine.post(`/process-instance/${id}/modification`, { instructions: [{ type: 'startTransition', transitionId: 'f0' }] })).status, 400);
  assert.equal((await engine.call('DELETE', `/process-instance/${id}`, undefined, 'plain')).status, 403);
  assert.equal((await engine.call('DELETE', `/process-instance/${id}`)).status, 204);
  assert.equal((await engine.get(`/history/process-instance/${id}`)).body.state, 'EXTERNALLY_TERMINATED');
});

test('a message finds its instance by business key or variables, or begins one; a wrong one is refused', async () => {
  const first = await begin('letters', { businessKey: 'b1', variables: { customer: { value: 'x' } } }), second = await begin('letters', { businessKey: 'b2', variables: { customer: { value: 'y' } } });
  const both = await engine.post('/message', { messageName: 'answer' });
  assert.deepEqual([both.status, both.body.type], [400, 'RestException']);
  const heard = await engine.post('/message', { messageName: 'answer', businessKey: 'b1', processVariables: { text: { value: 'yes' } }, resultEnabled: true });
  assert.deepEqual(heard.body.map((one) => [one.resultType, one.execution.processInstanceId]), [['Execution', first.id]]);
  assert.equal((await engine.get(`/process-instance/${first.id}/variables/text`)).body.value, 'yes');
  assert.equal((await engine.post('/message', { messageName: 'answer', correlationKeys: { customer: { value: 'y' } } })).status, 204);
  assert.deepEqual((await open(second.id)).map((one) => one.taskDefinitionKey), ['read']);
  assert.equal((await engine.post('/message', { messageName: 'answer', businessKey: 'b1' })).status, 400);
  const begun = await engine.post('/message', { messageName: 'mail', businessKey: 'm1', resultEnabled: true, variablesInResultEnabled: true, processVariables: { subject: { value: 'hello' } } });
  assert.equal(begun.body[0].resultType, 'ProcessDefinition', JSON.stringify(begun.body));
  assert.deepEqual((await open(begun.body[0].processInstance.id)).map((one) => one.taskDefinitionKey), ['sort']);
  assert.equal(begun.body[0].variables.subject.value, 'hello');
  const third = await begin('letters');
  assert.equal((await engine.get(`/execution/${third.id}/messageSubscriptions/answer`)).body.eventName, 'answer');
  assert.equal((await engine.post(`/execution/${third.id}/messageSubscriptions/answer/trigger`)).status, 204);
});

test('a signal is heard by all who wait, or by one', async () => {
  const [a, b] = [await begin('alarm'), await begin('alarm')];
  assert.equal((await engine.post('/signal', { name: 'siren', executionId: a.id })).status, 204);
  assert.deepEqual([(await open(a.id)).length, (await open(b.id)).length], [1, 0]);
  assert.equal((await engine.post('/signal', { name: 'siren', variables: { loud: { value: true, type: 'Boolean' } } })).status, 204);
  assert.equal((await open(b.id)).length, 1);
});

test('a timer is a job that can be done now', async () => {
  const { id } = await begin('late');
  const [job] = (await engine.get(`/job?processInstanceId=${id}`)).body;
  assert.ok(job.dueDate, JSON.stringify(job));
  assert.equal((await engine.get(`/job/count?processInstanceId=${id}&timers=true`)).body.count, 1);
  assert.equal((await engine.post(`/job/${job.id}/execute`)).status, 204);
  assert.deepEqual((await open(id)).map((one) => one.taskDefinitionKey), ['after']);
});

const fetchAndLock = (body) => engine.post('/external-task/fetchAndLock', { workerId: 'w', maxTasks: 10, ...body });

test('topics choose by definition, business key and variables, and say which variables come along', async () => {
  await begin('shipping', { businessKey: 'p1', variables: { area: { value: 1, type: 'Integer' }, city: { value: '成都' } } });
  const wanted = await begin('shipping', { businessKey: 'p2', variables: { area: { value: 2, type: 'Integer' }, city: { value: '重庆' } } });
  const topic = { topicName: 'packing', lockDuration: 60000 };
  assert.deepEqual((await fetchAndLock({ topics: [{ ...topic, processDefinitionKey: 'order' }] })).body, []);
  assert.deepEqual((await fetchAndLock({ topics: [{ ...topic, tenantIdIn: ['t'] }] })).body, []);
  assert.deepEqual((await fetchAndLock({ topics: [{ ...topic, processVariables: { area: 3 } }] })).body, []);
  const { body } = await fetchAndLock({ maxTasks: 1, topics: [{ ...topic, processDefinitionKeyIn: ['shipping'], processVariables: { area: 2 }, variables: ['city'] }] });
  assert.deepEqual(body.map((one) => [one.processInstanceId, one.businessKey, one.processDefinitionKey, one.processDefinitionId, Object.keys(one.variables)]), [[wanted.id, 'p2', 'shipping', 'shipping:1', ['city']]]);
  assert.deepEqual((await engine.get('/external-task/topic-names')).body, ['packing']);
  assert.equal((await engine.get('/external-task/count?locked=true&processDefinitionKey=shipping')).body.count, 1);
  assert.equal((await engine.get(`/external-task/${body[0].id}`)).body.workerId, 'w');
  assert.equal((await engine.post(`/external-task/${body[0].id}/complete`, { workerId: 'w' })).status, 204);
  const [left] = (await fetchAndLock({ topics: [{ ...topic, businessKey: 'p1' }] })).body;
  await engine.post(`/external-task/${left.id}/complete`, { workerId: 'w' });
});

test('a task without retries is an incident, and comes back under its id when it is given some', async () => {
  const { id } = await begin('shipping');
  const topic = { topicName: 'packing', lockDuration: 60000 };
  const [task] = (await fetchAndLock({ topics: [topic] })).body;
  assert.equal((await engine.post(`/external-task/${task.id}/failure`, { workerId: 'w', errorMessage: 'no paper', errorDetails: 'tray 2', retries: 0 })).status, 204);
  const [incident] = (await engine.get(`/incident?processInstanceId=${id}`)).body;
  assert.deepEqual([incident.incidentType, incident.incidentMessage, incident.configuration, incident.activityId], ['failedExternalTask', 'no paper', task.id, 'pack']);
  assert.equal((await engine.get(`/process-instance/count?withIncident=true&processDefinitionKey=shipping`)).body.count, 1);
  assert.equal((await engine.get(`/external-task/${task.id}/errorDetails`)).body, 'tray 2');
  assert.deepEqual((await fetchAndLock({ topics: [topic] })).body, []);
  assert.equal((await engine.call('PUT', `/external-task/${task.id}/retries`, { retries: 2 })).status, 204);
  const [again] = (await fetchAndLock({ topics: [topic] })).body;
  assert.deepEqual([again.id, again.retries], [task.id, 2]);
  assert.equal((await engine.get(`/incident/count?processInstanceId=${id}`)).body.count, 0);
  assert.deepEqual((await engine.get(`/history/incident?processInstanceId=${id}`)).body.map((one) => one.resolved), [true]);
  assert.equal((await engine.post(`/external-task/${task.id}/extendLock`, { workerId: 'w', newDuration: 5000 })).status, 204);
  assert.equal((await engine.post(`/external-task/${task.id}/complete`, { workerId: 'other' })).status, 400);
  assert.equal((await engine.post(`/external-task/${task.id}/complete`, { workerId: 'w' })).status, 204);
});

test('three hundred long polls hold nobody up, and each task that comes is answered to one of them', { timeout: 60000 }, async () => {
  const topics = [{ topicName: 'packing', lockDuration: 60000 }];
  const answers = [];
  const polls = Array.from({ length: 300 }, (_, i) => fetchAndLock({ workerId: `p${i}`, maxTasks: 1, asyncResponseTimeout: 4000, topics }).then((one) => answers.push(one.body)));
  await new Promise((done) => setTimeout(done, 500));
  const began = Date.now();
  for (let i = 0; i < 5; i++) await begin('shipping');
  await sees(() => answers.filter((one) => one.length).length === 5);
  assert.ok(Date.now() - began < 6000, `${Date.now() - began} ms`);
  assert.equal(answers.length, 5);
  assert.equal(new Set(answers.map((one) => one[0].id)).size, 5);
  await Promise.all(polls);
  assert.equal(answers.length, 300);
  for (const [task] of answers.filter((one) => one.length)) assert.equal((await engine.post(`/external-task/${task.id}/complete`, { workerId: task.workerId })).status, 204);
});

test('a poll hears of a lock that runs out, and its patience has a bound', async () => {
  await begin('shipping');
  const [held] = (await fetchAndLock({ workerId: 'slow', topics: [{ topicName: 'packing', lockDuration: 700 }] })).body;
  const began = Date.now();
  const [task] = (await fetchAndLock({ workerId: 'quick', asyncResponseTimeout: 20000, topics: [{ topicName: 'packing', lockDuration: 60000 }] })).body;
  assert.equal(task.id, held.id);
  assert.ok(Date.now() - began < 5000, `${Date.now() - began} ms`);
  await engine.post(`/external-task/${task.id}/complete`, { workerId: 'quick' });
  const long = await fetchAndLock({ asyncResponseTimeout: 1800001, topics: [] });
  assert.deepEqual([long.status, long.body.type], [400, 'InvalidRequestException']);
  const empty = Date.now();
  assert.deepEqual((await fetchAndLock({ asyncResponseTimeout: 300, topics: [{ topicName: 'packing', lockDuration: 1000 }] })).body, []);
  assert.ok(Date.now() - empty >= 290);
});
