// Processes: models with versions, what runs in them, and how long their steps took.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Refused, Zone, accept, apply, day, offsetTo } from './zone.mjs';

let zone;
before(async () => {
  zone = await new Zone({ offset: offsetTo('2026-11-09T09:00:00+08:00') }).start();
});
after(() => zone.end());

/** When all that has happened is counted: the server counts behind the work. */
const figures = async (person, query) => {
  const until = Date.now() + 10000;
  let found;
  do found = await person.get(`/processes/opening-express/statistics${query}`);
  while (found.isPartial && Date.now() < until && (await new Promise((done) => setTimeout(done, 100, true))));
  const { elements, ...rest } = found;
  return { ...rest, of: (element) => elements.find((one) => one.element === element) };
};

test('a step is counted, and timed from when it was entered to when it was left', async () => {
  for (const days of [1, 2, 3]) {
    const { number } = await apply(await zone.as('company'));
    await zone.later(days * day);
    await accept(await zone.as('window'), number);
  }
  const staff = await zone.as('sysadmin');
  const { isPartial, flows, of } = await figures(staff, '?days=30');
  const intake = of('intake');
  assert.deepEqual([intake.entered, intake.left, intake.stays], [3, 3, 3]);
  assert.ok(Math.abs(intake.medianMs - 2 * day) < day / 24, `median ${intake.medianMs}`);
  assert.ok(Math.abs(intake.p90Ms - 3 * day) < day / 24, `90 % within ${intake.p90Ms}`);
  assert.ok(Math.abs(intake.totalMs - 6 * day) < day / 8, `in all ${intake.totalMs}`);
  assert.ok(!isPartial && flows.length > 0);
  const opinion = of('opinion');
  assert.deepEqual([opinion.entered, opinion.left], [3, 0], 'three departments asked are one step of a case');
});

test('a period holds what happened in it; a stay belongs to the day on which it ended', async () => {
  const staff = await zone.as('sysadmin');
  const { of } = await figures(staff, '?days=1');
  assert.deepEqual([of('intake').entered, of('intake').left, of('intake').stays], [0, 1, 1]);
});

test('the list and the page of a process tell its versions and what runs', async () => {
  const staff = await zone.as('sysadmin');
  const row = (await staff.get('/processes')).items.find((one) => one.id === 'opening-express');
  assert.deepEqual([row.running, row.ended, row.incidents, row.version], [3, 0, 0, 1]);
  assert.deepEqual(row.findings, { errors: 0, warnings: 0 });
  assert.equal(row.name.en, 'Express way to the start of construction');
  const one = await staff.get('/processes/opening-express?version=1');
  assert.match(one.bpmn, /<process id="opening-express"/);
  assert.deepEqual(one.versions.map((version) => [version.version, version.isCurrent, version.running]), [[1, true, 3]]);
});

test('what there is not is said to be absent, and an applicant may not look', async () => {
  const staff = await zone.as('sysadmin');
  const refused = (status) => (error) => error instanceof Refused && error.status === status;
  await assert.rejects(staff.get('/processes/none'), refused(404));
  await assert.rejects(staff.get('/processes/none/statistics'), refused(404));
  await assert.rejects(staff.get('/processes/opening-express?version=9'), refused(404));
  const company = await zone.as('company');
  for (const path of ['/processes', '/processes/opening-express', '/processes/opening-express/statistics']) await assert.rejects(company.get(path), refused(403));
});
