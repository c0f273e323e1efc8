// The other processes of the approval package over HTTP: single matters, stage 1, drawings revised, joint acceptance, special procedures, a permit's life.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Zone, accept, application, apply, checklist, day, offsetTo, pdf, review } from './zone.mjs';

let zone, company, window, people;
const officers = ['asb', 'nrb', 'chb', 'cdo', 'eeb', 'umb', 'wab', 'met', 'utl', 'eob', 'arc', 'rec', 'chbhead'];
before(async () => {
  zone = await new Zone({ offset: offsetTo('2026-11-23T09:00:00+08:00') }).start();
  await signIn();
});
after(() => zone.end());

async function signIn() {
  people = new Map();
  company = await as('company');
  window = await as('window');
}

/** Everyone signs in once. */
async function as(name) {
  if (!people.has(name)) people.set(name, await zone.as(name));
  return people.get(name);
}

async function submit(matter, facts = {}) {
  const data = application();
  Object.assign(data.project, facts);
  const draft = await company.post('/drafts', { matter, enterpriseId: 'E1570', data });
  const { documents } = await company.get(`/matters/${matter}`);
  const given = [];
  for (const { id, source } of documents.filter((one) => one.source !== 'shared' && one.id !== 'F01')) {
    const file = await company.ask('POST', `/drafts/${draft.id}/documents?kind=${id}&name=${id}.pdf`, pdf(`${id} ${source}`));
    given.push({ id, state: 'given', file: file.id });
  }
  await company.ask('PUT', `/drafts/${draft.id}`, { matter, enterpriseId: 'E1570', data: { ...data, documents: given } }, { 'If-Match': `"${draft.version}"` });
  const { number } = await company.post(`/drafts/${draft.id}/submit`);
  return number;
}

/** The open tasks of a case, as those who may do them see them: {step, name of the account, id}. */
async function open(number, names = officers) {
  const found = [];
  for (const name of names) {
    const person = await as(name);
    const { tasks } = await person.get(`/cases/${number}`).catch(() => ({ tasks: [] }));
    for (const task of tasks) if (!found.some((one) => one.id === task.id)) found.push({ ...task, by: name, person });
  }
  return found;
}

const steps = (tasks) => tasks.map((one) => `${one.step} ${one.by}`).sort();
const say = (task, outcome, data = {}) => task.person.post(`/tasks/${task.id}/complete`, { outcome, data: { opinion: '意见', ...data }, version: task.version });
async function everyone(number, outcome, verdicts = {}) {
  for (const task of await open(number)) await say(task, verdicts[task.by] ?? outcome, verdicts[task.by] ? { reasons: [`${task.by} 的理由`] } : {});
}

test('a single matter asks its cooperating departments, then its owner, and gives a result', async () => {
  const number = await submit('A106', { energyTce: 1200 });
  await accept(window, number);
  assert.deepEqual(steps(await open(number)), ['cooperate asb']);
  await everyone(number, 'agree');
  assert.deepEqual(steps(await open(number)), ['review eob']);
  await everyone(number, 'agree');
  const page = await company.get(`/cases/${number}`);
  assert.deepEqual([page.state, page.permits.map((one) => one.kind)], ['closed', ['A106']]);
});

test('a refused matter tells its reasons and gives nothing', async () => {
  const number = await submit('A306');
  await accept(window, number);
  await everyone(number, 'refuse', { wab: 'refuse' });
  const page = await company.get(`/cases/${number}`);
  assert.deepEqual([page.state, page.permits], ['refused', []]);
  assert.match(page.messages.find((one) => one.kind === 'refusal').text, /wab 的理由/);
});

test('what is done at once has its result when it is accepted', async () => {
  const number = await submit('A101');
  await accept(window, number);
  const page = await company.get(`/cases/${number}`);
  assert.deepEqual([page.state, page.permits.length], ['closed', 1]);
});

test('stage 1 reviews what the project needs, each when its prerequisites are met', async () => {
  const number = await submit('S1', { landMode: '出让', eiaClass: '报告书', energyTce: 1200, landHa: 6 });
  await accept(window, number);
  const parts = async () => (await open(number)).map((one) => one.department).sort();
  // A101 is done at once, so A106, A107 and A110 have begun, and A104, which waits for nothing; A105 and A112 wait for A104
  assert.deepEqual(await parts(), ['EEB', 'EOB', 'NRB', 'WAB']);
  for (const task of await open(number, ['nrb'])) await say(task, 'agree');
  assert.deepEqual(await parts(), ['EEB', 'EOB', 'NRB', 'REC', 'WAB']);
  await everyone(number, 'agree');
  const page = await company.get(`/cases/${number}`);
  assert.deepEqual(page.permits.map((one) => one.kind).sort(), ['A101', 'A104', 'A105', 'A106', 'A107', 'A110', 'A112']);
  assert.equal(page.state, 'closed');
});

test('one refusal in stage 1 refuses the stage with that reason', async () => {
  const number = await submit('S1');
  await accept(window, number);
  await everyone(number, 'agree', { eeb: 'refuse' });
  const page = await company.get(`/cases/${number}`);
  assert.equal(page.state, 'refused');
  assert.match(page.messages.find((one) => one.kind === 'refusal').text, /eeb 的理由/);
});

test('what a project surely does not need is not asked, what is unclear is', async () => {
  const flags = { specialFire: false, explosive: false, siteDrainage: false, greenland: false };
  const sure = await submit('S25', { ...flags, roadWork: true });
  await accept(window, sure);
  for (const name of ['cdo', 'eeb', 'umb']) await (await as(name)).complete(sure, 'opinion', 'agree', { opinion: '同意' });
  await (await as('nrb')).complete(sure, 'schemeDecision', 'agree', { opinion: '同意' });
  assert.deepEqual(steps(await open(sure)), ['drawingReview chb', 'permitCheck chb', 'planningReview nrb', 'road umb', 'utilities utl', 'waste umb']);
});

test('drawings go back once with all comments, the clock stands, and only who asked looks again', async () => {
  const number = await submit('S25', { civilFloorAreaM2: 300, specialFire: true, explosive: false });
  await accept(window, number);
  for (const name of ['cdo', 'eeb', 'umb']) await (await as(name)).complete(number, 'opinion', 'agree', { opinion: '同意' });
  const nrb = await as('nrb');
  const chb = await as('chb');
  await nrb.complete(number, 'schemeDecision', 'agree', { opinion: '同意' });
  await chb.complete(number, 'drawingReview', 'revise', { opinion: '疏散楼梯宽度不足', comments: [{ discipline: '建筑', sheet: '建施-03', level: '必须', text: '加宽' }] });
  await (await as('cdo')).complete(number, 'drawingReview', 'pass', { opinion: '合格' });
  let page = await company.get(`/cases/${number}`);
  assert.equal(page.state, 'stopped');
  assert.deepEqual(page.clock.stops.map((one) => [one.kind, one.reason]), [['设计单位修改', '联合审图意见：疏散楼梯宽度不足']]);
  await company.complete(number, 'revise', 'revised', { answer: '已加宽' });
  page = await company.get(`/cases/${number}`);
  assert.equal(page.state, 'review');
  assert.deepEqual(steps((await open(number)).filter((one) => one.step.startsWith('recheck'))), ['recheck chb']);
  await chb.complete(number, 'recheck', 'revise', { opinion: '仍不足' });
  await company.complete(number, 'reviseAgain', 'revised', { answer: '再次加宽' });
  await chb.complete(number, 'recheckAgain', 'revise', { opinion: '宽度仍差 10 厘米' });
  await nrb.complete(number, 'planningReview', 'agree', { opinion: '同意' });
  await chb.complete(number, 'permitCheck', 'agree', { opinion: '同意', checked: ['F24'] });
  await nrb.complete(number, 'countersign', 'agree', { opinion: '同意' });
  await chb.complete(number, 'countersign', 'agree', { opinion: '同意' });
  page = await company.get(`/cases/${number}`);
  assert.deepEqual([page.state, page.permits], ['refused', []]);
  assert.match(page.messages.find((one) => one.kind === 'refusal').text, /宽度仍差 10 厘米/);
});

test('joint acceptance: one visit, one list of faults, only who failed looks again, one opinion', async () => {
  const number = await submit('S4');
  await accept(window, number);
  const chb = await as('chb');
  await chb.complete(number, 'plan', 'done', { opinion: '已商定', visitDate: '2026-11-26' });
  // MET is asked too: nobody has said whether the works are explosive
  assert.deepEqual(steps(await open(number)), ['siteVisit arc', 'siteVisit chb', 'siteVisit met', 'siteVisit nrb']);
  for (const task of await open(number)) await say(task, { chb: 'fail', arc: 'commit' }[task.by] ?? 'pass', task.by === 'chb' ? { opinion: '消防水压不足', reasons: ['消防水压不足'] } : {});
  let page = await company.get(`/cases/${number}`);
  assert.deepEqual(page.clock.stops.map((one) => [one.kind, one.reason]), [['整改', '联合验收问题清单：消防水压不足']]);
  await company.complete(number, 'rectify', 'rectified', { answer: '已整改' });
  assert.deepEqual(steps(await open(number)), ['revisit chb']);
  await chb.complete(number, 'revisit', 'pass', { opinion: '合格' });
  await chb.complete(number, 'jointOpinion', 'agree', { opinion: '验收合格' });
  page = await company.get(`/cases/${number}`);
  assert.deepEqual([page.state, page.permits.map((one) => one.kind).sort()], ['delivered', ['A407', 'A409']]);
  assert.deepEqual(steps(await open(number)), ['connect utl', 'houseRegister rec']);
  await (await as('utl')).complete(number, 'connect', 'done', { opinion: '已接入' });
  await (await as('rec')).complete(number, 'houseRegister', 'agree', { opinion: '已登记' });
  assert.equal((await company.get(`/cases/${number}`)).state, 'closed');
});

test('the extras beside the express hold nothing up, and end the case when they are done', async () => {
  const { number } = await apply(company);
  await accept(window, number);
  await review({ as }, number);
  for (const name of ['nrb', 'chb']) await (await as(name)).complete(number, 'countersign', 'agree', { opinion: '同意' });
  assert.equal((await company.get(`/cases/${number}`)).state, 'delivered');
  await everyone(number, 'not_needed');
  assert.equal((await company.get(`/cases/${number}`)).state, 'closed');
});

test('a public notice shows as a special procedure and ends by itself after seven days', async () => {
  const { number } = await apply(company);
  await accept(window, number);
  const nrb = await as('nrb');
  await nrb.post(`/cases/${number}/stop`, { kind: '公示', reason: '批前公示' });
  const at = async () => (await company.get(`/cases/${number}/diagram`)).tokens.map((one) => one.element);
  assert.ok((await at()).includes('specialWaits'));
  await zone.later(7 * day + 60_000);
  await signIn();
  for (let waited = 0; waited < 50 && (await company.get(`/cases/${number}`)).state === 'stopped'; waited++) await new Promise((done) => setTimeout(done, 100));
  assert.equal((await company.get(`/cases/${number}`)).state, 'review');
  assert.ok(!(await at()).some((one) => one.startsWith('special')));
});

test('a complaint is looked into beside the case and answered', async () => {
  const { number } = await apply(company);
  await company.post(`/cases/${number}/messages/complaint`, { data: { text: '窗口要求多交材料' } });
  const head = await as('asbhead');
  await head.complete(number, 'complaintCheck', 'done', { answer: '已核实并致歉' });
  const { items } = await company.get('/notices');
  assert.ok(items.some((one) => one.case === number && /投诉|complaint/.test(one.text)));
  assert.equal((await company.get(`/cases/${number}`)).state, 'submitted');
});
