// The habits of an office, over HTTP: sign together, hand on, send back, take back, stand in, urge.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Refused, Zone, accept, apply, offsetTo } from './zone.mjs';

let zone, company, window, nrb, nrbhead, chb, chbhead, cdo;
before(async () => {
  zone = await new Zone({ offset: offsetTo('2026-11-23T09:00:00+08:00') }).start();
  [company, window, nrb, nrbhead, chb, chbhead, cdo] = await Promise.all(['company', 'window', 'nrb', 'nrbhead', 'chb', 'chbhead', 'cdo'].map((name) => zone.as(name)));
});
after(() => zone.end());

const refused = (status, code) => (error) => {
  assert.ok(error instanceof Refused, error);
  assert.equal(`${error.status} ${error.code}`, `${status} ${code}`, error.message);
  return true;
};
const kinds = async (person, number) => (await person.get(`/cases/${number}/timeline`)).items.map((one) => one.kind);
/** A case in which cdo has the opinion of its department to give. */
async function begun() {
  const { number } = await apply(company);
  await accept(window, number);
  return number;
}

test('signers who are asked first are heard before the owner decides', async () => {
  const number = await begun();
  const task = await cdo.task(number, 'opinion');
  await assert.rejects(cdo.post(`/tasks/${task.id}/sign`, { mode: 'before', signers: ['cdo'] }), refused(422, 'sign.signer'));
  await assert.rejects(cdo.post(`/tasks/${task.id}/sign`, { mode: 'before', signers: ['company'] }), refused(422, 'sign.signer'));
  await cdo.post(`/tasks/${task.id}/sign`, { mode: 'before', signers: ['nrb', 'chb'], reason: '请先会看' });
  await assert.rejects(cdo.complete(number, 'opinion', 'agree', { opinion: '同意' }), refused(409, 'task.signing'));
  const asked = (await nrb.get('/tasks')).items.find((one) => one.case === number && one.isSignature);
  assert.ok(asked, 'the signer has it in the list');
  assert.deepEqual((await nrb.get(`/tasks/${asked.id}`)).outcomes, ['agree', 'refuse']);
  await nrb.post(`/tasks/${asked.id}/complete`, { outcome: 'agree', data: { opinion: '无异议' } });
  const other = (await chb.get('/tasks')).items.find((one) => one.case === number && one.isSignature);
  await assert.rejects(chb.post(`/tasks/${other.id}/complete`, { outcome: 'refuse' }), refused(422, 'task.reasons'));
  await chb.post(`/tasks/${other.id}/complete`, { outcome: 'refuse', data: { opinion: '缺面积' } });
  const { signing } = await cdo.get(`/tasks/${task.id}`);
  assert.deepEqual([signing.agreed, signing.refused, signing.total], [1, 1, 2]);
  assert.deepEqual(signing.signatures.map((one) => one.opinion), ['无异议', '缺面积']);
  await cdo.complete(number, 'opinion', 'agree', { opinion: '同意' });
  const said = await kinds(cdo, number);
  for (const kind of ['sign.before', 'sign.agreed', 'sign.refused', 'task.done']) assert.ok(said.includes(kind), kind);
  assert.ok(!(await kinds(company, number)).includes('sign.before'), 'an applicant is not told who was asked');
});

test('a share of signers decides, and the others are let go', async () => {
  const number = await begun();
  const task = await cdo.task(number, 'opinion');
  await cdo.post(`/tasks/${task.id}/sign`, { mode: 'countersign', signers: ['nrb', 'chb', 'nrbhead'], rule: 'share', percent: 60, data: { opinion: '会签' } });
  for (const person of [nrb, chb]) {
    const asked = (await person.get('/tasks')).items.find((one) => one.case === number && one.isSignature);
    await person.post(`/tasks/${asked.id}/complete`, { outcome: 'agree' });
  }
  const { signing, doneAt } = await cdo.get(`/tasks/${task.id}`);
  assert.equal(signing.result, 'agreed');
  assert.ok(doneAt, 'the step is done in the name of who asked');
  assert.equal((await nrbhead.get('/tasks')).items.filter((one) => one.case === number && one.isSignature).length, 0);
});

test('a decision that a later signer refuses comes back', async () => {
  const number = await begun();
  const task = await cdo.task(number, 'opinion');
  await cdo.post(`/tasks/${task.id}/sign`, { mode: 'after', signers: ['nrb'], outcome: 'agree', data: { opinion: '同意' } });
  const asked = (await nrb.get('/tasks')).items.find((one) => one.case === number && one.isSignature);
  await nrb.post(`/tasks/${asked.id}/complete`, { outcome: 'refuse', data: { opinion: '再议' } });
  const again = await cdo.get(`/tasks/${task.id}`);
  assert.deepEqual([again.doneAt, again.waitsForSignatures, again.signing.result], [null, false, 'refused']);
  await cdo.post(`/tasks/${task.id}/sign`, { mode: 'after', signers: ['nrb'], outcome: 'agree', data: { opinion: '同意' } });
  const second = (await nrb.get('/tasks')).items.find((one) => one.case === number && one.isSignature);
  await nrb.post(`/tasks/${second.id}/complete`, { outcome: 'agree' });
  assert.ok((await cdo.get(`/tasks/${task.id}`)).doneAt);
});

/** The same, with all opinions given: nrb decides. */
async function decided() {
  const number = await begun();
  for (const name of ['cdo', 'eeb', 'umb']) await (await zone.as(name)).complete(number, 'opinion', 'agree', { opinion: '同意' });
  return number;
}

test('a task is handed on to a colleague who could do it, with a reason', async () => {
  const number = await decided();
  const task = await nrb.task(number);
  const { items } = await nrb.get(`/tasks/${task.id}/colleagues`);
  assert.deepEqual(items.map((one) => one.login), ['nrbhead']);
  await assert.rejects(nrb.post(`/tasks/${task.id}/transfer`, { to: 'chb', reason: '出差' }), refused(422, 'task.assignee'));
  await assert.rejects(nrb.post(`/tasks/${task.id}/transfer`, { to: 'nrbhead', reason: ' ' }), refused(422, 'case.reasons'));
  await nrb.post(`/tasks/${task.id}/transfer`, { to: 'nrbhead', reason: '出差' });
  await assert.rejects(nrb.post(`/tasks/${task.id}/complete`, { outcome: 'agree', data: { opinion: 'x' } }), refused(409, 'task.taken'));
  const moved = (await nrb.get(`/cases/${number}/timeline`)).items.find((one) => one.kind === 'task.transferred');
  assert.equal(moved.why, '出差');
});

test('a step is sent back to who did it, or taken back by who did it', async () => {
  const number = await begun();
  const given = await cdo.task(number, 'opinion');
  await cdo.complete(number, 'opinion', 'agree', { opinion: '同意' });
  for (const name of ['eeb', 'umb']) await (await zone.as(name)).complete(number, 'opinion', 'agree', { opinion: '同意' });
  await assert.rejects(cdo.post(`/tasks/${given.id}/take-back`), refused(409, 'task.take_back.late'));
  const decision = await nrb.task(number, 'schemeDecision');
  const { items } = await nrb.get(`/tasks/${decision.id}/earlier`);
  assert.deepEqual(items.filter((one) => one.element === 'opinion').length, 1, JSON.stringify(items));
  await assert.rejects(nrb.post(`/tasks/${decision.id}/send-back`, { element: 'countersign', reason: 'x' }), refused(409, 'bpmn.move.not_earlier'));
  await nrb.post(`/tasks/${decision.id}/send-back`, { element: 'opinion', reason: '意见不全' });
  assert.ok(await cdo.task(number, 'opinion'));
  const event = (await nrb.get(`/cases/${number}/timeline`)).items.find((one) => one.kind === 'task.sent_back');
  assert.equal(event.why, '意见不全');
});

test('while somebody is away the deputy does the work, and it is marked', async () => {
  const number = await decided();
  const task = await nrb.task(number);
  await nrb.post(`/tasks/${task.id}/claim`);
  await assert.rejects(nrbhead.post(`/tasks/${task.id}/complete`, { outcome: 'agree', data: { opinion: 'x' } }), refused(409, 'task.taken'));
  await assert.rejects(nrb.post('/deputies', { deputy: 'chb', from: '2026-11-23', to: '2026-11-25' }), refused(422, 'deputy.person'));
  await assert.rejects(nrb.post('/deputies', { deputy: 'nrbhead', from: '2026-11-25', to: '2026-11-24' }), refused(422, 'deputy.days'));
  const { id } = await nrb.post('/deputies', { deputy: 'nrbhead', from: '2026-11-23', to: '2026-11-25', reason: '休假' });
  await assert.rejects(nrb.post('/deputies', { deputy: 'nrbhead', from: '2026-11-24', to: '2026-11-26' }), refused(409, 'deputy.twice'));
  const shown = (await nrbhead.get('/tasks')).items.find((one) => one.id === task.id);
  assert.equal(shown.actingFor, '许天佑');
  const { outcomes } = await nrbhead.get(`/tasks/${task.id}`);
  await nrbhead.post(`/tasks/${task.id}/complete`, { outcome: outcomes[0] ?? '', data: { opinion: '同意' } });
  const done = (await nrb.get(`/cases/${number}/timeline`)).items.find((one) => one.kind === 'task.done' && one.actingFor);
  assert.equal(done.actingFor, '许天佑');
  assert.equal((await nrb.get('/deputies')).items.length, 1);
  await nrbhead.ask('DELETE', `/deputies/${id}`, undefined, { 'Idempotency-Key': `end-${id}` });
  assert.equal((await nrb.get('/deputies')).items.length, 0);
});

test('an applicant urges once a day, and who has the task is told', async () => {
  const number = await begun();
  const heard = async () => (await cdo.get('/notices?size=200')).items.filter((one) => JSON.stringify(one).includes(number) && /urged|催/.test(JSON.stringify(one))).length;
  await company.post(`/cases/${number}/urge`, { note: '开工在即' });
  assert.equal(await heard(), 1);
  await assert.rejects(company.post(`/cases/${number}/urge`, { note: '急' }), refused(429, 'case.urge.again'));
  const stranger = await zone.as('company2');
  await assert.rejects(stranger.post(`/cases/${number}/urge`), refused(404, 'case.absent'));
});

test('an administrator holds a case, moves it and lets it go on; nobody else may', async () => {
  const admin = await zone.as('sysadmin');
  const number = await begun();
  await assert.rejects(cdo.post(`/cases/${number}/suspend`, { reason: 'x' }), refused(403, 'identity.right'));
  await admin.post(`/cases/${number}/suspend`, { reason: '核查' });
  await assert.rejects(cdo.complete(number, 'opinion', 'agree', { opinion: '同意' }), refused(409, 'case.suspended'));
  await admin.post(`/cases/${number}/continue`, { reason: '核查完毕' });
  const check = await admin.post(`/cases/${number}/move/check`, { from: 'nowhere', to: 'planningReview' });
  assert.deepEqual([check.ok, check.against[0].code], [false, 'case.move.from']);
  await assert.rejects(admin.post(`/cases/${number}/migrate/check`, {}), refused(409, 'case.migrate.same'));
  assert.deepEqual((await admin.get('/incidents')).items, []);
  await cdo.complete(number, 'opinion', 'agree', { opinion: '同意' });
});

test('an administrator holds all cases of a process at once, refuses new ones, and lets them go on', async () => {
  const admin = await zone.as('sysadmin');
  const numbers = [await begun(), await begun()];
  const process = (await admin.get('/processes?size=200')).items.find((one) => one.running >= 2).id;
  const phase = async (wanted) => {
    for (let i = 0; i < 100; i++) {
      const [newest] = (await admin.get('/holds')).items;
      if (newest.phase === wanted) return newest;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`never ${wanted}`);
  };
  await assert.rejects(cdo.post(`/processes/${process}/hold`, { reason: 'x' }), refused(403, 'identity.right'));
  await assert.rejects(admin.post(`/processes/${process}/hold`, { reason: ' ' }), refused(422, 'case.reasons'));
  await assert.rejects(admin.post(`/processes/${process}/hold`, { reason: 'x', version: 99 }), refused(404, 'process.absent'));
  await admin.post(`/processes/${process}/hold`, { reason: '模型有误', refuseStarts: true });
  await assert.rejects(admin.post(`/processes/${process}/hold`, { reason: 'x' }), refused(409, 'process.held'));
  await assert.rejects(apply(company), refused(409, 'case.process.held'));
  const held = await phase('held');
  assert.ok(held.held >= 2 && held.failed === 0 && held.refusesStarts, JSON.stringify(held));
  assert.deepEqual((await admin.get(`/holds?process=${process}`)).items.map((one) => one.id), [held.id]);
  assert.equal((await admin.get('/holds?process=another')).total, 0);
  for (const number of numbers) {
    await assert.rejects(cdo.complete(number, 'opinion', 'agree', { opinion: '同意' }), refused(409, 'case.suspended'));
    assert.ok((await kinds(cdo, number)).includes('suspended'));
    assert.ok(!(await kinds(company, number)).includes('suspended'), 'an applicant is not told of the inner works');
  }
  await admin.post(`/processes/${process}/release`, { reason: '已更正' });
  assert.equal((await phase('released')).held, 0);
  for (const number of numbers) await cdo.complete(number, 'opinion', 'agree', { opinion: '同意' });
  await assert.rejects(admin.post(`/processes/${process}/release`, { reason: 'x' }), refused(409, 'process.not_held'));
  await begun();
});
