// Deploying over /engine-rest: what is checked, which versions come to be, what is told back, and when a deployment cannot be taken back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Engine, end, external, line, model, start, user } from './engine_rest.mjs';

const engine = new Engine();
before(() => engine.start());
after(() => engine.end());

const invoice = model('invoice', line(start, user('approve'), end));
const table = (id, result) => `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="defs-${id}" name="${id}" namespace="urn:t">
  <inputData id="in" name="amount"><variable name="amount" typeRef="number"/></inputData>
  <decision id="${id}" name="${id}"><variable name="${id}" typeRef="string"/><informationRequirement id="r"><requiredInput href="#in"/></informationRequirement>
    <literalExpression id="l"><text>if amount &gt; 100 then "${result}" else "small"</text></literalExpression></decision>
</definitions>`;

test('several models of one deployment are in force at once, and a process without a matter starts as a case of its own', async () => {
  const { status, body } = await engine.deploy({ 'invoice.bpmn': invoice, 'rating.dmn': table('rating', 'large') }, { 'deployment-source': 'test suite' });
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.name, 'test');
  assert.equal(body.source, 'test suite');
  assert.match(body.deploymentTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0800$/);
  assert.deepEqual(Object.keys(body.deployedProcessDefinitions), ['invoice:1']);
  assert.equal(body.deployedProcessDefinitions['invoice:1'].resource, 'invoice.bpmn');
  assert.deepEqual(Object.keys(body.deployedDecisionDefinitions), ['rating:1']);
  const started = await engine.post('/process-definition/key/invoice/start', { businessKey: 'order-1', variables: { amount: { value: 120, type: 'Integer' } }, withVariablesInReturn: true });
  assert.equal(started.status, 200, JSON.stringify(started.body));
  assert.match(started.body.id, /^GX-2026-\d{6}$/);
  assert.deepEqual([started.body.definitionId, started.body.businessKey, started.body.ended, started.body.suspended], ['invoice:1', 'order-1', false, false]);
  assert.deepEqual(started.body.variables.amount, { type: 'Integer', value: 120, valueInfo: {} });
});

test('resources are listed and given back byte for byte', async () => {
  const { body: list } = await engine.get('/deployment?name=test');
  const { body: files } = await engine.get(`/deployment/${list[0].id}/resources`);
  assert.deepEqual(files.map((one) => one.name), ['invoice.bpmn', 'rating.dmn']);
  assert.equal((await engine.get(`/deployment/${list[0].id}/resources/${files[0].id}/data`)).body, invoice);
  assert.equal((await engine.get('/process-definition/key/invoice/xml')).body.bpmn20Xml, invoice);
  assert.equal((await engine.get('/deployment/999999')).status, 404);
});

test('what is in force already is left out when asked for, and is a new version otherwise', async () => {
  const before = (await engine.get('/deployment/count')).body.count;
  const filtered = await engine.deploy({ 'invoice.bpmn': invoice }, { 'enable-duplicate-filtering': 'true' });
  assert.equal(filtered.body.deployedProcessDefinitions, null);
  assert.equal((await engine.get('/deployment/count')).body.count, before);
  const changed = await engine.deploy({ 'invoice.bpmn': invoice, 'rating.dmn': table('rating', 'huge') }, { 'deploy-changed-only': 'true' });
  assert.equal(changed.body.deployedProcessDefinitions, null);
  assert.deepEqual(Object.keys(changed.body.deployedDecisionDefinitions), ['rating:2']);
  const again = await engine.deploy({ 'invoice.bpmn': invoice });
  assert.deepEqual(Object.keys(again.body.deployedProcessDefinitions), ['invoice:2']);
  const versions = await engine.get('/process-definition?key=invoice&sortBy=version&sortOrder=desc');
  assert.deepEqual(versions.body.map((one) => one.version), [2, 1]);
  assert.equal(versions.body[0].name, 'Process invoice');
  assert.deepEqual((await engine.get('/process-definition?key=invoice&latestVersion=true')).body.map((one) => one.id), ['invoice:2']);
  assert.equal((await engine.post('/process-definition/invoice:1/start')).body.definitionId, 'invoice:1');
  assert.equal((await engine.post('/process-definition/key/invoice/start')).body.definitionId, 'invoice:2');
});

test('a faulty model is refused with file, element, line and sentence, and nothing of its deployment is kept', async () => {
  const faulty = model('bad', `${start}\n    <sequenceFlow id="lost" sourceRef="start" targetRef="nowhere"/>\n    <serviceTask id="odd" camunda:class="com.example.Missing"/>`);
  const { status, body } = await engine.deploy({ 'good.bpmn': model('good', line(start, end)), 'bad.bpmn': faulty });
  assert.equal(status, 400);
  assert.equal(body.type, 'ParseException');
  const { errors } = body.details['bad.bpmn'];
  const lost = errors.find((one) => one.mainElementId === 'lost');
  assert.ok(lost, JSON.stringify(body));
  assert.equal(lost.line, 5);
  assert.match(lost.message, /nowhere/);
  assert.deepEqual(body.details['good.bpmn'].errors, []);
  assert.equal((await engine.get('/process-definition/key/good')).status, 404);
  const broken = await engine.deploy({ 'x.bpmn': '<definitions' });
  assert.equal(broken.body.type, 'ParseException');
  const empty = await engine.deploy({});
  assert.deepEqual([empty.status, empty.body.type], [400, 'InvalidRequestException']);
});

test('a skill that is not registered, and a process of the house, cannot be deployed', async () => {
  const skill = await engine.deploy({ 's.bpmn': model('s', line(start, '<serviceTask id="odd" camunda:class="com.example.Missing"/>', end)) });
  assert.equal(skill.status, 400);
  assert.equal(skill.body.details['s.bpmn'].errors[0].mainElementId, 'odd');
  const owned = (await engine.get('/process-definition?latestVersion=true')).body.find((one) => one.deploymentId.startsWith('package:'));
  const taken = await engine.deploy({ 'mine.bpmn': model(owned.key, line(start, end)) });
  assert.deepEqual([taken.status, taken.body.type], [403, 'AuthorizationException']);
});

test('what another engine would do beside the model is refused by its name, what only decorates is a warning', async () => {
  const listener = '<userTask id="look" camunda:candidateGroups="accounting" camunda:followUpDate="2027-01-01T00:00:00"><extensionElements><camunda:taskListener event="create" class="x.Y"/></extensionElements></userTask>';
  const { status, body } = await engine.deploy({ 'l.bpmn': model('listening', line(start, listener, end)) });
  assert.equal(status, 400);
  const faults = body.details['l.bpmn'];
  assert.deepEqual(faults.errors.map((one) => [one.code, one.mainElementId]), [['package.vendor.refused', 'look']]);
  assert.match(faults.errors[0].message, /taskListener/);
  assert.deepEqual(faults.warnings.map((one) => one.code), ['package.vendor.ignored']);
  const call = (inside) => `<callActivity id="call" calledElement="invoice"><extensionElements>${inside}</extensionElements></callActivity>`;
  assert.equal((await engine.deploy({ 'c.bpmn': model('caller', line(start, call('<camunda:in variables="all"/><camunda:in source="a" target="b"/>'), end)) })).status, 400);
  assert.equal((await engine.deploy({ 'c.bpmn': model('caller', line(start, call('<camunda:in variables="all"/><camunda:in businessKey="#{b}"/><camunda:out variables="all"/>'), end)) })).status, 200);
});

test('a deployment whose cases run stays, with the reason; without them what was before it is in force again', async () => {
  const first = await engine.deploy({ 'wait.bpmn': model('wait', line(start, external('work', 'wait-topic'), end)) });
  const second = await engine.deploy({ 'wait.bpmn': model('wait', line(start, user('look'), end)) });
  const { body: started } = await engine.post('/process-definition/key/wait/start');
  const refused = await engine.call('DELETE', `/deployment/${second.body.id}`);
  assert.equal(refused.status, 409);
  assert.match(refused.body.message, /wait/);
  assert.equal((await engine.get('/process-definition/key/wait')).body.version, 2);
  assert.equal((await engine.call('DELETE', `/process-instance/${started.id}`)).status, 204);
  assert.equal((await engine.call('DELETE', `/deployment/${second.body.id}`)).status, 204);
  assert.equal((await engine.get('/process-definition/key/wait')).body.version, 1);
  assert.equal((await engine.get('/process-definition/wait:2')).status, 404);
  assert.equal((await engine.call('DELETE', `/deployment/${first.body.id}`)).status, 204);
  assert.equal((await engine.get('/process-definition/key/wait')).status, 404);
  const third = await engine.deploy({ 'wait.bpmn': model('wait', line(start, end)) });
  assert.deepEqual(Object.keys(third.body.deployedProcessDefinitions), ['wait:3']);
});

test('a definition that is suspended starts nothing until it is activated', async () => {
  assert.equal((await engine.call('PUT', '/process-definition/key/invoice/suspended', { suspended: true })).status, 204);
  assert.equal((await engine.get('/process-definition/key/invoice')).body.suspended, true);
  const refused = await engine.post('/process-definition/key/invoice/start');
  assert.deepEqual([refused.status, refused.body.type], [500, 'SuspendedEntityInteractionException']);
  assert.equal((await engine.call('PUT', '/process-definition/suspended', { processDefinitionKey: 'invoice', suspended: false })).status, 204);
  assert.equal((await engine.post('/process-definition/key/invoice/start')).status, 200);
});

test('who may not deploy or is nobody is told so in the shape of an error', async () => {
  const plain = await engine.deploy({ 'invoice.bpmn': invoice }, {}, 'plain');
  assert.deepEqual([plain.status, plain.body.type], [403, 'AuthorizationException']);
  const nobody = await fetch(`${engine.base}/process-definition`);
  assert.equal(nobody.status, 401);
  assert.match(nobody.headers.get('www-authenticate'), /^Basic/);
  const absent = await engine.get('/no-such-thing');
  assert.deepEqual([absent.status, absent.body.type], [404, 'NotFoundException']);
});
