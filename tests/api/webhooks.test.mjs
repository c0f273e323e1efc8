// Addresses outside are told what happens: at least once, in order for each case, whatever becomes of either side.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Zone, offsetTo, root } from './zone.mjs';

const clients = createRequire(join(root, 'tests/clients/package.json'));
const { Webhook } = clients('standardwebhooks');
const { HTTP } = clients('cloudevents');
const kinds = ['submitted', 'task.done', 'ended'];
const second = 1000;
let zone, admin, company, asb;

/** Somebody else's server: keeps what it was sent and answers as it is told. */
class Receiver {
  constructor() {
    this.got = [];
    this.answer = () => 204;
    this.server = createServer((request, response) => {
      let body = '';
      request.on('data', (bytes) => (body += bytes));
      request.on('end', () => {
        const message = { headers: request.headers, body, path: request.url, event: JSON.parse(body) };
        const status = this.answer(message);
        if (status) this.got.push(message);
        if (status === 'hang') return;
        if (!status) return response.destroy();
        response.writeHead(status, status === 302 ? { location: 'http://169.254.169.254/' } : {}).end('ok');
      });
    });
  }

  async start(port = 0) {
    this.server.listen(port, '127.0.0.1').unref();
    await once(this.server, 'listening');
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}/hook`;
    return this;
  }

  end() {
    this.server.closeAllConnections();
    this.server.close();
  }

  of(number) {
    return this.got.filter(({ event }) => event.subject === number).map(({ event }) => event.data.event);
  }
}

async function until(what, seconds = 20) {
  for (const end = Date.now() + seconds * second; ; ) {
    const found = await what();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((go) => setTimeout(go, 50));
  }
}

async function signIn() {
  admin = await zone.as('sysadmin');
  company = await zone.as('company');
  asb = await zone.as('asb');
}

const start = async () => (await company.post('/cases', { matter: 'TUT', data: {} })).number;
const finish = (number) => asb.complete(number, 'stamp', 'done', { opinion: '同意样例' });
const find = async (id) => (await admin.get('/webhooks')).items.find((one) => one.id === id);
const make = (url, more = {}) => admin.post('/webhooks', { name: 'test', url, events: kinds, matters: ['TUT'], ...more });
const remove = (id) => admin.ask('DELETE', `/webhooks/${id}`);

before(async () => {
  zone = await new Zone({ database: process.env.GX_WEBHOOK_DATABASE, more: ['--webhook-allow', '127.0.0.1'], offset: offsetTo('2026-11-23T09:00:00+08:00') }).start();
  await signIn();
});
after(() => zone.end());

test('a message is a CloudEvent that is signed as Standard Webhooks says, and names nobody', async () => {
  const receiver = await new Receiver().start();
  const { id, secret } = await make(receiver.url);
  const number = await start();
  await finish(number);
  await until(() => receiver.of(number).length === 3);
  assert.deepEqual(receiver.of(number), kinds);
  for (const { headers, body } of receiver.got) {
    const event = HTTP.toEvent({ headers, body });
    assert.equal(event.validate(), true);
    assert.equal(event.subject, number);
    assert.match(event.type, /^gaoxing\./);
    assert.equal(headers['webhook-id'], event.id);
    const wound = { ...headers, 'webhook-timestamp': String(Math.floor(Date.now() / 1000)) };
    assert.throws(() => new Webhook(secret).verify(body, wound), 'the time is signed too');
    checkSignature(secret, headers, body);
    assert.doesNotMatch(body, /样例经办|同意样例|asb|1[35]\d{9}/);
  }
  assert.equal(new Set(receiver.got.map(({ headers }) => headers['webhook-id'])).size, 3);
  assert.equal((await find(id)).delivered, 3);
  await remove(id);
  receiver.end();
});

/** The library checks the time against its own clock; the zone's is another. */
function checkSignature(secret, headers, body) {
  const now = Date.now;
  Date.now = () => Number(headers['webhook-timestamp']) * 1000;
  try {
    new Webhook(secret).verify(body, headers);
  } finally {
    Date.now = now;
  }
}

test('a receiver that fails, breaks off or redirects gets each message again, in order, others are not kept waiting', async () => {
  const [bad, good] = [await new Receiver().start(), await new Receiver().start()];
  const first = await make(bad.url);
  const other = await make(good.url);
  const seen = new Map();
  const refusals = [500, 0, 302];
  let at = 0;
  bad.answer = ({ headers }) => {
    const id = headers['webhook-id'];
    if (seen.has(id) || at === refusals.length) return 200;
    seen.set(id, true);
    return refusals[at++];
  };
  const numbers = [];
  for (let i = 0; i < 3; i++) {
    numbers.push(await start());
    await finish(numbers[i]);
  }
  await until(() => numbers.every((number) => good.of(number).length === 3), 5);
  await until(() => numbers.every((number) => new Set(bad.of(number)).size === 3), 30);
  for (const number of numbers) assert.deepEqual([...new Set(bad.of(number))], kinds);
  assert.ok((await find(first.id)).delivered >= 9);
  await remove(first.id);
  await remove(other.id);
  bad.end();
  good.end();
});

test('killed in the middle of sending, it loses nothing: what was not settled is sent again with the same id', async () => {
  const receiver = await new Receiver().start();
  const { id } = await make(receiver.url, { events: ['submitted'] });
  const numbers = [];
  receiver.answer = () => 204;
  const load = (async () => {
    for (let i = 0; i < 300; i++) numbers.push(await start());
  })().catch(() => {});
  await until(() => receiver.got.length >= 20);
  await zone.stop('SIGKILL');
  await load;
  zone.offset += 120 * second; // what it had taken is its own for a minute
  await zone.start();
  await signIn();
  await until(() => numbers.every((number) => receiver.of(number).length > 0));
  const ids = new Map();
  for (const { event } of receiver.got) {
    assert.ok((ids.get(event.subject) ?? event.id) === event.id, 'one id for one event');
    ids.set(event.subject, event.id);
  }
  await until(async () => (await find(id)).waiting === 0);
  await remove(id);
  receiver.end();
});

test('a message that is always refused is set aside after twelve tries; those behind it go on; a person sends it again', async () => {
  const receiver = await new Receiver().start();
  const { id } = await make(receiver.url);
  let isHealed = false;
  const number = await start();
  receiver.answer = ({ event }) => (event.subject === number && event.data.event === 'submitted' && !isHealed ? 500 : 204);
  await finish(number);
  const pauses = [5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200, 86400];
  for (const [i, pause] of pauses.entries()) {
    await until(async () => receiver.of(number).length === i + 1 && (await admin.get(`/webhooks/${id}/deliveries?state=waiting`)).items[0]?.error === 'HTTP 500');
    await zone.later(pause * 1.12 * second);
    await signIn();
  }
  await until(() => receiver.of(number).length === 14);
  assert.deepEqual(receiver.of(number).slice(12), ['task.done', 'ended']);
  await until(async () => (await find(id)).dead === 1);
  const { items } = await admin.get(`/webhooks/${id}/deliveries?state=dead`);
  assert.deepEqual([items[0].tries, items[0].error, items[0].kind, items[0].case], [12, 'HTTP 500', 'submitted', number]);
  isHealed = true;
  assert.deepEqual(await admin.post(`/webhooks/${id}/again`, { delivery: items[0].id }), { done: 1 });
  await until(async () => (await find(id)).dead === 0 && (await find(id)).waiting === 0);
  assert.equal(receiver.of(number).at(-1), 'submitted');
  await assert.rejects(admin.post(`/webhooks/${id}/again`, { delivery: items[0].id }), { code: 'webhook.delivery.absent' });
  assert.deepEqual(await admin.post(`/webhooks/${id}/drop`), { done: 0 });
  await remove(id);
  receiver.end();
});

test('a new secret signs beside the old one for a day', async () => {
  const receiver = await new Receiver().start();
  const { id, secret } = await make(receiver.url);
  const { secret: newer, oldUntil } = await admin.post(`/webhooks/${id}/secret`);
  assert.ok(oldUntil && newer !== secret);
  await admin.post(`/webhooks/${id}/test`);
  const { headers, body, event } = await until(() => receiver.got[0]);
  assert.equal(event.type, 'gaoxing.test');
  checkSignature(secret, headers, body);
  checkSignature(newer, headers, body);
  await remove(id);
  receiver.end();
});

test('an address that is gone is switched off; switched on again it hears what happens from then on', async () => {
  const receiver = await new Receiver().start();
  const { id } = await make(receiver.url, { events: ['submitted'] });
  receiver.answer = () => 410;
  await start();
  await until(async () => (await find(id)).state === 'paused');
  assert.equal((await find(id)).lastError, 'HTTP 410');
  const missed = await start();
  receiver.answer = () => 200;
  await admin.ask('PUT', `/webhooks/${id}`, { active: true });
  const heard = await start();
  await until(() => receiver.of(heard).length === 1);
  assert.equal(receiver.of(missed).length, 0);
  await remove(id);
  assert.equal(await find(id), undefined);
  receiver.end();
});

test('what leads into the house or is no address is refused, and who may not is refused', async () => {
  const refusal = (body, code, path) => assert.rejects(admin.post('/webhooks', { name: 'x', ...body }), (problem) => problem.code === code && problem.status === 422 && (!path || JSON.stringify(problem.problem).includes(path)));
  for (const url of ['http://169.254.169.254/latest', 'http://[::ffff:10.0.0.1]/', 'http://127.0.0.2/', 'http://2130706434/']) await refusal({ url }, 'net.url.closed', '/url');
  for (const url of ['file:///etc/passwd', 'gopher://x/', 'nothing', 'https://a:b@example.org/', '']) await refusal({ url }, 'net.url', '/url');
  await refusal({ url: 'https://example.org/', events: ['nothing'] }, 'webhook.event', '/events');
  await refusal({ url: 'https://example.org/', matters: ['nothing'] }, 'webhook.matter', '/matters');
  await refusal({ name: ' ', url: 'https://example.org/' }, 'webhook.name', '/name');
  await assert.rejects(company.get('/webhooks'), { status: 403 });
  await assert.rejects(admin.ask('PUT', '/webhooks/99999', { active: false }), { code: 'webhook.absent' });
  const { items, kinds: known } = await admin.get('/webhooks');
  assert.equal(JSON.stringify(items).includes('whsec_'), false);
  assert.ok(known.every(({ kind, name }) => name && name !== `webhook-event.${kind}`), 'each has a name');
});
