// Timers and jobs of a server that dies are done by the other one soon, each once.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { root, signIn, startServer } from '../api/support.mjs';
import { makeDatabase } from './support.mjs';

const model = `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:gx="urn:gaoxing:bpmn:1" id="d" targetNamespace="urn:t">
  <process id="relay" isExecutable="true"><startEvent id="s"/>
    <intermediateCatchEvent id="t"><timerEventDefinition><timeDuration>PT2S</timeDuration></timerEventDefinition></intermediateCatchEvent>
    <serviceTask id="j" gx:skill="register.find" gx:mode="job" gx:result="found"><extensionElements><gx:input name="register" value="enterprise"/><gx:input name="key" value="E1570"/></extensionElements></serviceTask>
    <endEvent id="e"/>
    <sequenceFlow id="a" sourceRef="s" targetRef="t"/><sequenceFlow id="b" sourceRef="t" targetRef="j"/><sequenceFlow id="c" sourceRef="j" targetRef="e"/>
  </process>
</definitions>`;
const cases = 60;
const soon = 15000;

let database;
let folder;
let packages;
const servers = [];
const start = () => startServer({ folder, packages, args: ['--db', database.address] });
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const left = () => Number(database.sql('SELECT count(*) FROM instance WHERE has_ended = 0')[0]);

before(async () => {
  database = makeDatabase(`takeover_${process.pid}`);
  folder = mkdtempSync(join(tmpdir(), 'gaoxing-takeover-'));
  packages = mkdtempSync(join(tmpdir(), 'gaoxing-packages-'));
  cpSync(join(root, 'packages'), packages, { recursive: true });
  mkdirSync(join(packages, 'relay/processes'), { recursive: true });
  writeFileSync(join(packages, 'relay/package.json'), JSON.stringify({ ...JSON.parse(readFileSync(join(packages, 'tutorial/package.json'))), name: 'relay' }));
  writeFileSync(join(packages, 'relay/processes/relay.bpmn'), model);
  const accounts = JSON.parse(readFileSync(join(packages, 'sample/accounts.json')));
  accounts.push({ name: 'machine', password: 'Sample-2026-99', person: { name: '接口', staff: '' }, roles: ['operator'], department: '', enterprises: [], note: '', sample: true });
  writeFileSync(join(packages, 'sample/accounts.json'), JSON.stringify(accounts));
  servers.push(await start(), await start());
});

after(async () => {
  for (const server of servers) if (server.child.exitCode === null && server.child.signalCode === null) await server.stop({ keep: true });
  for (const one of [folder, packages]) if (one) rmSync(one, { recursive: true, force: true });
  database?.drop();
});

/** Half of the cases at each server; both have the same timers to look after. */
async function startCases() {
  const people = await Promise.all(servers.map((server) => signIn(server, 'machine', 'Sample-2026-99')));
  for (let i = 0; i < cases; i++) {
    const made = await people[i % 2].post('/api/v1/cases', { matter: 'relay', data: {} });
    assert.equal(made.status, 201, JSON.stringify(made.body));
  }
}

async function expectEnd(since) {
  while (left() > 0 && Date.now() - since < soon) await pause(200);
  const took = Date.now() - since;
  assert.equal(left(), 0, `${left()} of ${cases} are left after ${took} ms: timers ${database.sql('SELECT count(*), min(due) FROM timer')}, jobs ${database.sql('SELECT count(*), min(run_at) FROM job')}, now ${Date.now()}`);
  assert.deepEqual(database.sql('SELECT count(*) FROM incident'), ['0']);
  const twice = database.sql(`SELECT case_id, count(*) FROM journal WHERE events LIKE '%"k":"ended"%' GROUP BY case_id HAVING count(*) > 1`);
  assert.deepEqual(twice, [], 'ended twice');
  return took;
}

for (const [round, delay] of [0, 60, 150].entries())
  test(`timers and jobs are taken over when a server dies ${delay} ms after they fall due`, { timeout: 60000 }, async () => {
    await startCases();
    const due = Number(database.sql('SELECT min(due) FROM timer')[0]);
    await pause(Math.max(0, due + delay - Date.now()));
    const died = Date.now();
    await servers[round % 2].kill('SIGKILL');
    console.log(`# all done ${await expectEnd(died)} ms after the death`);
    servers[round % 2] = await start();
  });

test('what falls due while no server has a connection is done when they have one again', { timeout: 60000 }, async () => {
  await startCases();
  const due = Number(database.sql('SELECT min(due) FROM timer')[0]);
  await pause(Math.max(0, due - 30 - Date.now()));
  const cut = Date.now();
  for (let i = 0; i < 12; i++) {
    database.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'gaoxing'");
    await pause(40);
  }
  console.log(`# all done ${await expectEnd(cut)} ms after the first cut`);
});
