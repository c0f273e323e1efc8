// The main story of the approval package over HTTP: apply, correct, review, decide, check the permits.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Refused, Zone, accept, application, apply, checklist, day, offsetTo, papers, pdf, review, root } from './zone.mjs';

let zone, company, window;
before(async () => {
  zone = await new Zone({ offset: offsetTo('2026-11-23T09:00:00+08:00') }).start();
  company = await zone.as('company');
  window = await zone.as('window');
});
after(() => zone.end());

const refused = (status, code) => (error) => {
  assert.ok(error instanceof Refused, error);
  assert.equal(`${error.status} ${error.code}`, `${status} ${code}`, error.message);
  return true;
};

test('both permits come at the same moment, the second citing the first, after one correction', async () => {
  const receipt = await apply(company, { without: ['F24'] });
  assert.match(receipt.number, /^GX-2026-\d{6}$/);
  assert.equal(receipt.dueAcceptance, '2026-12-01T00:00:00.000+08:00');
  const { number } = receipt;

  await assert.rejects(accept(window, number), refused(422, 'case.accept.missing'));
  await window.complete(number, 'intake', 'correct', { documents: await checklist(window, number), missing: [{ id: 'F24', name: '施工合同', reason: '未提交' }], reason: '缺少合同' });
  let page = await company.get(`/cases/${number}`);
  assert.equal(page.state, 'correction');
  assert.ok(page.messages.some((one) => one.kind === 'correction' && one.text.includes('F24')));
  assert.equal(page.clock.stops[0].kind, '补齐补正');

  const file = await company.ask('POST', `/cases/${number}/documents?kind=F24&name=${encodeURIComponent('合同.pdf')}`, pdf('F24'));
  await company.complete(number, 'correct', 'answered', { answer: '已补', documents: [{ id: 'F24', state: 'given', file: file.id }] });
  await assert.rejects(
    window.complete(number, 'intake', 'correct', { documents: await checklist(window, number), missing: [{ id: 'F16', name: 'x', reason: 'y' }], reason: 'z' }),
    refused(409, 'case.correct.once'),
  );
  await accept(window, number);
  page = await company.get(`/cases/${number}`);
  assert.equal(page.state, 'review');
  assert.equal(page.duePromised, '2026-12-08T00:00:00.000+08:00');
  assert.equal(page.dueLegal, '2026-12-22T00:00:00.000+08:00');
  assert.deepEqual([page.usedDays, page.limitDays, page.lamp, page.isProvisional], [0, 10, 'green', false]);

  await review(zone, number);
  const nrb = await zone.as('nrb');
  const chb = await zone.as('chb');
  await nrb.complete(number, 'countersign', 'agree', { opinion: '同意' });
  page = await company.get(`/cases/${number}`);
  assert.deepEqual(page.permits, []);
  assert.deepEqual(page.opinions, [], 'an applicant does not see opinions before the decision');
  await chb.complete(number, 'countersign', 'agree', { opinion: '同意' });
  page = await company.get(`/cases/${number}`);
  assert.equal(page.permits.length, 2);
  const [first, second] = ['A202', 'A304'].map((kind) => page.permits.find((one) => one.kind === kind));
  assert.equal(first.issuedAt, second.issuedAt);
  const cited = await company.get(`/permits/${second.number}`);
  assert.ok(cited.fields.some((field) => field.value === first.number), JSON.stringify(cited.fields));
  assert.equal(page.state, 'delivered');
  assert.ok(page.steps.every((step) => ['done', 'current', 'skipped'].includes(step.state)), JSON.stringify(page.steps));
  assert.ok(page.opinions.length >= 6 && page.opinions.every((one) => one.who === undefined && one.text === ''));

  const anyone = { send: company.send.bind({ zone, cookie: '', token: '' }) };
  const verdict = await (await anyone.send('GET', `/verify/${second.code}`)).json();
  assert.equal(verdict.state, 'valid');
  assert.deepEqual(verdict.signatures.map((one) => [one.algorithm, one.valid]), [['Ed25519', true], ['SM2-SM3', true]]);
  const answer = await company.send('GET', `/permits/${second.number}/pdf`);
  assert.equal(answer.headers.get('content-type'), 'application/pdf');
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const again = new Uint8Array(await (await company.send('GET', `/permits/${second.number}/pdf`)).arrayBuffer());
  const check = async (file) => (await (await anyone.send('POST', '/verify', file)).json()).state;
  assert.equal(await check(bytes), 'valid');
  assert.deepEqual(await check(again), 'valid');
  for (const at of [20, Math.floor(bytes.length / 2), bytes.length - 10]) {
    const changed = bytes.slice();
    changed[at] ^= 1;
    assert.equal(await check(changed), 'invalid', `byte ${at}`);
  }

  const head = await zone.as('chbhead');
  await assert.rejects((await zone.as('nrb')).post(`/permits/${second.number}/revoke`, { reason: 'x' }), (error) => error.status === 403 || error.status === 404);
  await head.post(`/permits/${second.number}/revoke`, { reason: '样例撤销' });
  const revoked = await (await anyone.send('GET', `/verify/${second.code}`)).json();
  assert.deepEqual([revoked.state, revoked.reason], ['revoked', '样例撤销']);
});

test('one refusal of two signers issues nothing, and both reasons reach the applicant', async () => {
  const { number } = await apply(company);
  await accept(window, number);
  await review(zone, number);
  const nrb = await zone.as('nrb');
  const chb = await zone.as('chb');
  await nrb.complete(number, 'countersign', 'agree', { opinion: '同意' });
  await assert.rejects(chb.complete(number, 'countersign', 'refuse', {}), refused(422, 'task.reasons'));
  await chb.complete(number, 'countersign', 'refuse', { opinion: '不同意', reasons: ['监理合同无效', '危大工程清单不全'] });
  const page = await company.get(`/cases/${number}`);
  assert.equal(page.state, 'refused');
  assert.deepEqual(page.permits, []);
  const letter = page.messages.find((one) => one.kind === 'refusal');
  assert.match(letter.text, /监理合同无效.*危大工程清单不全/s);
  assert.match(letter.text, /行政复议/);
  const { items } = await company.get('/permits');
  assert.ok(items.every((one) => one.case !== number));
});

test('a tolerated document holds the result up until it comes, not the review', async () => {
  const { number } = await apply(company, { states: { F24: 'tolerated' } });
  await accept(window, number, 'promise');
  await review(zone, number);
  for (const name of ['nrb', 'chb']) await (await zone.as(name)).complete(number, 'countersign', 'agree', { opinion: '同意' });
  let page = await company.get(`/cases/${number}`);
  assert.deepEqual([page.state, page.permits], ['review', []]);
  const { tokens } = await company.get(`/cases/${number}/diagram`);
  assert.ok(tokens.some((one) => one.element === 'papersComplete'));
  await company.ask('POST', `/cases/${number}/documents?kind=F24&name=${encodeURIComponent('合同.pdf')}`, pdf('F24'));
  page = await company.get(`/cases/${number}`);
  assert.deepEqual([page.state, page.permits.length, page.promises[0].state], ['delivered', 2, 'kept']);
});

test('withdrawing ends the process and its tasks, and cannot be done after the decision', async () => {
  const { number } = await apply(company);
  await accept(window, number);
  await company.post(`/cases/${number}/withdraw`, { reason: '改址' });
  const page = await company.get(`/cases/${number}`);
  assert.equal(page.state, 'withdrawn');
  const cdo = await zone.as('cdo');
  assert.deepEqual((await cdo.get(`/cases/${number}`)).tasks, []);
  await assert.rejects(company.post(`/cases/${number}/withdraw`, { reason: '再撤' }), refused(409, 'case.withdraw.late'));
});

test('a stop moves both due dates by the days it lasts', async () => {
  const { number } = await apply(company);
  await accept(window, number);
  const nrb = await zone.as('nrb');
  await nrb.post(`/cases/${number}/stop`, { kind: '专家评审', reason: '高支模方案', plannedDays: 5 });
  let page = await company.get(`/cases/${number}`);
  assert.deepEqual([page.state, page.clock.running], ['stopped', false]);
  await assert.rejects(nrb.post(`/cases/${number}/stop`, { kind: '专家评审', reason: '又一次' }), refused(409, 'case.stop.open'));
  await zone.later(2 * day);
  const later = await zone.as('nrb');
  await later.post(`/cases/${number}/resume`);
  page = await (await zone.as('company')).get(`/cases/${number}`);
  assert.deepEqual([page.state, page.clock.running, page.usedDays], ['review', true, 0]);
  // Monday is not counted, Tuesday's midnight found the clock standing: one working day more
  assert.equal(page.duePromised, '2026-12-09T00:00:00.000+08:00');
  await assert.rejects(later.post(`/cases/${number}/stop`, { kind: '专家评审', reason: '第二次' }), refused(403, 'case.stop.again'));
  company = await zone.as('company');
  window = await zone.as('window');
});

test('nobody sees or acts on what is not theirs', async () => {
  const { number } = await apply(company);
  const other = await zone.as('company2');
  await assert.rejects(other.get(`/cases/${number}`), refused(404, 'case.absent'));
  await assert.rejects(other.get(`/cases/${number}/timeline`), refused(404, 'case.absent'));
  const { items } = await other.get('/cases');
  assert.ok(items.every((one) => one.number !== number));
  const { items: own } = await company.get('/cases');
  assert.ok(own.some((one) => one.number === number));
  const nrb = await zone.as('nrb');
  const task = await window.task(number, 'intake');
  await assert.rejects(nrb.post(`/tasks/${task.id}/complete`, { outcome: 'accept', version: 1 }), (error) => error.status === 403 || error.status === 404);
  await assert.rejects(window.post(`/tasks/${task.id}/complete`, { outcome: 'perhaps', data: {}, version: 1 }), refused(422, 'task.outcome'));
  await assert.rejects(window.post(`/tasks/${task.id}/complete`, { outcome: 'accept', data: {}, version: 7 }), refused(409, 'task.version'));
  const auditor = await zone.as('auditor');
  const audit = await auditor.get('/audit?size=200');
  assert.ok(audit.items.some((one) => one.result === 'refused' && one.object === number));
});

test('what is sent twice under one key acts once', async () => {
  const body = { matter: 'S25', enterpriseId: 'E1570', data: { applicant: {}, project: {} } };
  await assert.rejects(company.post('/cases', body), refused(422, 'case.data.required'));
  const { number } = await apply(company);
  const task = await window.task(number, 'intake');
  const data = { documents: await checklist(window, number), missing: [], reason: '' };
  const answers = await Promise.all([1, 2, 3].map(() => window.post(`/tasks/${task.id}/complete`, { outcome: 'accept', data, version: task.version }, 'the-same-key')));
  assert.deepEqual(answers, [null, null, null]);
  await assert.rejects(window.post(`/tasks/${task.id}/complete`, { outcome: 'accept', data, version: task.version }), refused(409, 'task.done'));
  const { items } = await company.get(`/cases/${number}/timeline`);
  assert.equal(items.filter((one) => one.kind === 'task.done').length, 1);
});

test('a draft saved elsewhere is not written over', async () => {
  const draft = await company.post('/drafts', { matter: 'S25', enterpriseId: 'E1570', data: {} });
  const save = (version) => company.ask('PUT', `/drafts/${draft.id}`, { matter: 'S25', enterpriseId: 'E1570', data: { project: { name: `v${version}` } } }, { 'If-Match': `"${version}"` });
  assert.equal((await save(1)).version, 2);
  await assert.rejects(save(1), refused(412, 'draft.version'));
  await assert.rejects((await zone.as('company2')).get(`/drafts/${draft.id}`), refused(404, 'draft.absent'));
});

test('the diagram tells where the tokens are', async () => {
  const { number } = await apply(company);
  const diagram = await company.get(`/cases/${number}/diagram`);
  assert.deepEqual(diagram.tokens.map((one) => one.element), ['intake']);
  assert.ok(diagram.done.includes('start') && diagram.flows.includes('f1') && diagram.bpmn.includes('opening-express'));
  assert.equal(papers.length, 10);
});

test('all cases leave as OCEL 2.0 and as XES', async () => {
  const auditor = await zone.as('auditor');
  const log = await (await auditor.send('GET', '/export/ocel')).json();
  assert.deepEqual(Object.keys(log).sort(), ['eventTypes', 'events', 'objectTypes', 'objects']);
  const types = new Set(log.eventTypes.map((one) => one.name));
  const objects = new Set(log.objects.map((one) => one.id));
  const objectTypes = new Set(log.objectTypes.map((one) => one.name));
  assert.equal(objects.size, log.objects.length);
  assert.ok(log.objects.every((one) => objectTypes.has(one.type)));
  assert.equal(new Set(log.events.map((one) => one.id)).size, log.events.length);
  for (const event of log.events) {
    assert.ok(types.has(event.type), event.type);
    assert.ok(!Number.isNaN(Date.parse(event.time)));
    for (const relation of event.relationships) assert.ok(objects.has(relation.objectId), relation.objectId);
  }
  const xes = await (await auditor.send('GET', '/export/xes')).text();
  assert.match(xes, /^<\?xml/);
  const count = (pattern) => (xes.match(pattern) ?? []).length;
  assert.equal(count(/<trace>/g), count(/<\/trace>/g));
  assert.equal(count(/<event>/g), log.events.length);
  await assert.rejects(company.get('/export/ocel'), (error) => error.status === 403);
});

test('gaoxing case show tells the whole story beside the running server', async () => {
  const { number } = await apply(company);
  await accept(window, number);
  const binary = process.env.GX_BINARY ?? `${root}/build/gaoxing`;
  const said = execFileSync(binary, ['case', 'show', number, '--data', zone.folder], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'en_US.UTF-8' } });
  assert.match(said, new RegExp(`^${number} `));
  assert.match(said, /康知行, ASB/);
  const { instances } = JSON.parse(execFileSync(binary, ['case', 'state', number, '--data', zone.folder], { encoding: 'utf8' }));
  assert.equal(instances[0].state.ended, false);
  assert.ok(instances[0].state.tokens.some((token) => token.phase === 'waiting'));
  assert.equal(instances[0].state.scopes[0].element, instances[0].state.process);
  assert.ok(execFileSync(binary, ['case', 'list', '--data', zone.folder], { encoding: 'utf8' }).includes(number));
  assert.ok(JSON.parse(execFileSync(binary, ['export', 'ocel', '--data', zone.folder], { encoding: 'utf8', maxBuffer: 1 << 28 })).events.length > 0);
});

test('a letter is a sealed PDF for those who may read the case', async () => {
  const { number } = await apply(company);
  const { messages } = await company.get(`/cases/${number}`);
  const receipt = messages.find((one) => one.kind === 'receipt');
  const answer = await company.send('GET', `/letters/${receipt.id}/pdf`);
  assert.equal(answer.headers.get('content-type'), 'application/pdf');
  assert.match(new TextDecoder('latin1').decode(await answer.arrayBuffer()), /^%PDF-[^]*%GXSEAL1 /);
  assert.equal((await (await zone.as('company2')).send('GET', `/letters/${receipt.id}/pdf`)).status, 404);
});

test('attachments are for those who may see the case', async () => {
  const { number } = await apply(company);
  const { documents } = await company.get(`/cases/${number}`);
  const { file, hash } = documents.find((one) => one.id === 'F16');
  const answer = await company.send('GET', `/files/${file}`);
  assert.equal(createHash('sha256').update(new Uint8Array(await answer.arrayBuffer())).digest('hex'), hash);
  assert.match(answer.headers.get('content-disposition'), /^attachment/);
  assert.equal((await (await zone.as('company2')).send('GET', `/files/${file}`)).status, 404);
  const other = await zone.as('company2');
  const draft = await other.post('/drafts', { matter: 'S25', enterpriseId: 'E0002', data: {} });
  const stolen = { applicant: { name: 'x', agent: 'a', phone: '13800000000' }, project: application().project, promises_accepted: true, documents: [{ id: 'F16', state: 'given', file }] };
  await other.ask('PUT', `/drafts/${draft.id}`, { matter: 'S25', enterpriseId: 'E0002', data: stolen }, { 'If-Match': '"1"' });
  await assert.rejects(other.post(`/drafts/${draft.id}/submit`), refused(422, 'case.file'));
});

test('notices come to those they are for, in their language, and are read one by one', async () => {
  const { number } = await apply(company);
  const { items } = await company.get('/notices');
  const notice = items.find((one) => one.case === number);
  assert.match(notice.title, /^[ -~]+$/, 'in English, as asked');
  await company.post(`/notices/${notice.id}/read`);
  assert.ok((await company.get('/notices')).items.find((one) => one.id === notice.id).readAt);
  const other = await zone.as('company2');
  assert.ok((await other.get('/notices')).items.every((one) => one.case !== number));
  await assert.rejects(other.post(`/notices/${notice.id}/read`), refused(404, 'notice.absent'));
});
