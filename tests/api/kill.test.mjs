// kill -9 in the middle of load: what was answered is there exactly once, what was not answered is there once or not at all. GX_KILLS sets how often (200 by default).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Refused, Zone } from './zone.mjs';

const kills = Number(process.env.GX_KILLS ?? 200);
const seed = Number(process.env.GX_SEED ?? Date.now() % 1e9);
let state = seed;
const random = () => ((state = (state * 1103515245 + 12345) % 2147483648) / 2147483648);

let zone;
before(async () => {
  zone = await new Zone().start();
});
after(() => zone.end());

/** Each key's request is repeated, with its key, until it is answered; an answer that differs from an earlier one is a fault. */
class Ledger {
  answered = new Map();
  open = new Map();

  async send(key, request) {
    this.open.set(key, request);
    try {
      const answer = JSON.stringify(await request(key));
      assert.equal(this.answered.get(key) ?? answer, answer);
      this.answered.set(key, answer);
      this.open.delete(key);
      return JSON.parse(answer);
    } catch (error) {
      if (error instanceof Refused) throw error;
      return undefined; // the connection broke: nobody knows
    }
  }
}

const rows = (sql) =>
  JSON.parse(execFileSync('python3', ['-c', `import json, sqlite3, sys\nprint(json.dumps(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchall()))`, `${zone.folder}/zone.db`, sql], { maxBuffer: 1 << 28 }));

test(`${kills} kills lose no answered request and repeat none (seed ${seed})`, { timeout: 1800e3 }, async () => {
  const window = await zone.as('window');
  const asb = await zone.as('asb');
  const starts = new Ledger();
  const completions = new Ledger();
  const start = (key) => window.post('/cases', { matter: 'TUT', data: { applicant: { name: key } } }, key);
  for (let round = 0; round < kills; round++) {
    const work = async () => {
      for (;;) {
        const receipt = await starts.send(randomUUID(), start);
        if (!receipt) return;
        const task = await asb.task(receipt.number).catch((error) => (error instanceof Refused ? Promise.reject(error) : undefined));
        if (!task) return;
        const done = await completions.send(receipt.number, (key) => asb.post(`/tasks/${task.id}/complete`, { outcome: 'done', data: {}, version: task.version }, key));
        if (done === undefined) return;
      }
    };
    const workers = Array.from({ length: 8 }, work);
    await new Promise((ready) => setTimeout(ready, 5 + random() * 60));
    await zone.stop('SIGKILL');
    await Promise.all(workers);
    await zone.start();
    for (const ledger of [starts, completions]) for (const [key, request] of [...ledger.open]) assert.notEqual(await ledger.send(key, request), undefined);
  }
  await zone.stop();
  const stored = new Map();
  for (const [number, key] of rows('SELECT number, applicant FROM cases')) {
    assert.ok(!stored.has(key), `${key} is there twice`);
    stored.set(key, number);
  }
  for (const [key, answer] of starts.answered) assert.equal(stored.get(key), JSON.parse(answer).number, `${key} was answered and is gone`);
  assert.equal(stored.size, starts.answered.size);
  const done = new Map(rows(`SELECT c.number, count(*) FROM journal j JOIN cases c ON c.id = j.case_id WHERE j.events LIKE '%"task.done"%' GROUP BY c.number`));
  for (const number of completions.answered.keys()) assert.equal(done.get(number), 1, `the task of ${number}`);
  assert.equal(done.size, completions.answered.size);
  assert.deepEqual(rows('PRAGMA integrity_check'), [['ok']]);
  console.log(`# ${starts.answered.size} cases started, ${completions.answered.size} tasks completed over ${kills} kills`);
  assert.ok(completions.answered.size > kills, 'there was load');
  await zone.start();
});
