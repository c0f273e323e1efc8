// A stand-in for the server: enough of the API, in memory, to develop and test the page alone. Never part of dist.
//   node mock/server.mjs [port]
import { createServer } from 'node:http';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as sample from './sample.mjs';
import { decisionXml } from './decision.mjs';
import { diagramXml } from './diagram.mjs';
import { form } from './form.mjs';

const dist = join(dirname(fileURLToPath(import.meta.url)), '../dist');
export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self' data:; connect-src 'self'; " +
  "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";
const types = { '.js': 'text/javascript', '.css': 'text/css', '.html': 'text/html; charset=utf-8', '.svg': 'image/svg+xml', '.webmanifest': 'application/manifest+json', '.txt': 'text/plain' };

class Refusal extends Error {
  constructor(status, title, detail) {
    super(title);
    Object.assign(this, { status, detail });
  }
}

const now = () => new Date(Date.now() + 8 * 3600e3).toISOString().replace(/\.\d+Z$/, '+08:00');
const page = (items, query) => {
  const size = Number(query?.get('size') ?? 20);
  const at = (Number(query?.get('page') ?? 1) - 1) * size;
  return { items: items.slice(at, at + size), total: items.length, next: null };
};

export function createMock() {
  const sessions = new Map();
  const drafts = new Map();
  const cases = new Map();
  const tasks = new Map();
  const files = new Map();
  const permits = new Map();
  const notices = [];
  const answered = new Map();
  const streams = new Set();
  let count = 0;

  const tell = (event, data) => {
    for (const stream of streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const log = (one, what, who, why, department) => one.timeline.push({ at: now(), kind: 'event', what, who, why, department });
  const notify = (one, title, text) => notices.unshift({ id: randomUUID(), title, text, case: one.number, at: now(), readAt: null, enterprise: one.enterpriseId });

  function addTask(one, name, nameEn, department, role, outcomes, daysLeft = 3, lamp = 'green') {
    const task = {
      id: `T${tasks.size + 1}`, case: one.number, matter: one.matter, name, nameEn, project: one.project.name, applicant: one.applicant.name,
      department, role, assignee: null, created: now(), due: '2026-11-27T00:00:00+08:00', daysLeft, lamp, outcomes, version: 1,
    };
    tasks.set(task.id, task);
    tell('tasks', {});
    return task;
  }

  function setStep(one, key, who) {
    let isBefore = true;
    for (const step of one.steps) {
      if (step.key === key) {
        isBefore = false;
        Object.assign(step, { state: 'current', who, since: now() });
      } else if (isBefore && step.state !== 'done') Object.assign(step, { state: 'done', at: now() });
      else if (!isBefore) step.state = 'waiting';
    }
    tell('case', { number: one.number });
  }

  function start(body, person) {
    const number = `GX-2026-${String(++count).padStart(6, '0')}`;
    const matter = sample.matters.find((entry) => entry.id === body.matter) ?? sample.matters[0];
    const one = {
      number, matter: { id: matter.id, name: matter.name, nameEn: matter.nameEn }, state: 'submitted', lamp: 'green', enterpriseId: body.enterpriseId,
      applicant: { id: body.enterpriseId, name: body.data.applicant?.name ?? '' }, project: { name: body.data.project?.name ?? '新项目' }, submittedAt: now(), acceptedAt: null,
      dueLegal: null, duePromised: null, usedDays: 0, limitDays: 10, daysLeft: 5, isProvisional: false, clock: { running: false, stops: [] },
      steps: sample.steps.map((step) => ({ ...step })), documents: body.data.documents ?? [], promises: body.data.promises ?? [], opinions: [], permits: [], messages: [],
      data: body.data, needed: sample.needed(body.data.project ?? {}), receiptNo: `SJ-${number.slice(3)}`, version: 1, timeline: [], corrections: 0, open: new Set(),
    };
    for (const entry of matter.documents)
      if (entry.source === 'shared' && !one.documents.some((given) => given.id === entry.id)) one.documents.push({ id: entry.id, name: entry.name, state: 'shared' });
    cases.set(number, one);
    log(one, '提交申请', person.name);
    setStep(one, 'intake', '行政审批服务局');
    addTask(one, '收件核验', 'Check documents', 'ASB', 'window', ['accept', 'promise', 'correct', 'refuse'], 5);
    return one;
  }

  function issue(one) {
    for (const [id, name, nameEn, prefix] of [['A202', '建设工程规划许可证', 'Planning permit', 'JZ'], ['A304', '建筑工程施工许可证', 'Construction permit', 'SG']]) {
      const code = randomUUID().replace(/-/g, '').slice(0, 22);
      const number = `SAMPLE-${prefix}-2026-${String(permits.size + 1).padStart(4, '0')}`;
      const permit = { number, kind: id, name, nameEn, holder: one.applicant.name, project: one.project.name, issuedAt: now(), validTo: null, state: 'valid', code, case: one.number };
      permits.set(code, permit);
      one.permits.push(permit);
    }
    one.state = 'closed';
    one.clock.running = false;
    for (const step of one.steps) Object.assign(step, { state: 'done', at: step.at ?? now() });
    log(one, '同步发证', '系统', '规划许可与施工许可同时签发');
    notify(one, '证照已签发', `${one.number} 的规划许可证和施工许可证已签发。`);
    tell('case', { number: one.number });
  }

  function complete(task, body, person) {
    const one = cases.get(task.case);
    tasks.delete(task.id);
    one.version++;
    const { outcome, data } = body;
    if (data.documents?.length)
      for (const given of data.documents) {
        const index = one.documents.findIndex((entry) => entry.id === given.id);
        if (index >= 0) one.documents[index] = { ...one.documents[index], ...given };
        else one.documents.push(given);
      }
    log(one, `${task.name}:${outcome}`, person.name, data.opinion || data.reason || data.answer, person.department);
    if (task.role === 'window') {
      if (outcome === 'correct') {
        one.state = 'correction';
        one.corrections++;
        one.messages.push({ kind: 'correction', title: '补正告知书', text: `请一次性补正:${(data.missing ?? []).map((entry) => `${entry.id} ${entry.name ?? ''} ${entry.reason ?? ''}`).join(';')}`, at: now() });
        one.clock.stops.push({ kind: '补齐补正', reason: '材料不全', from: now(), to: null, plannedEnd: '2026-12-07' });
        setStep(one, 'correction', one.applicant.name);
        addTask(one, '补正材料', 'Correct the documents', null, 'applicant', ['answered'], 10);
        notify(one, '补正告知书', one.messages[0].text);
      } else if (outcome === 'refuse') one.state = 'not_accepted';
      else {
        Object.assign(one, { state: 'review', acceptedAt: now(), dueLegal: '2026-12-22T00:00:00+08:00', duePromised: '2026-12-08T00:00:00+08:00', daysLeft: 10 });
        one.clock.running = true;
        setStep(one, 'review', 'NRB、CHB、CDO、EEB');
        for (const [department, name, nameEn] of sample.reviews) {
          one.open.add(department);
          addTask(one, name, nameEn, department, 'reviewer', ['agree', 'conditions', 'refuse'], department === 'NRB' ? 1 : 3, department === 'NRB' ? 'yellow' : 'green');
        }
        notify(one, '受理通知书', `${one.number} 已受理。`);
      }
    } else if (task.role === 'applicant') {
      one.state = 'submitted';
      for (const stop of one.clock.stops) stop.to ??= now();
      setStep(one, 'intake', '行政审批服务局');
      addTask(one, '收件核验', 'Check documents', 'ASB', 'window', ['accept', 'promise', 'refuse'], 4);
    } else {
      one.opinions.push({ department: task.department, name: task.name, who: person.name, outcome, text: data.opinion, reasons: data.reasons, at: now() });
      one.open.delete(task.department);
      if (outcome === 'refuse') {
        one.state = 'refused';
        for (const [id, other] of tasks) if (other.case === one.number) tasks.delete(id);
      } else if (!one.open.size) issue(one);
    }
    tell('case', { number: one.number });
  }

  const mayTake = (person, task) =>
    (task.role === 'window' && person.roles.includes('window')) ||
    (task.role === 'reviewer' && person.department === task.department && person.roles.some((role) => role === 'reviewer' || role === 'head'));

  const lookup = (map, key) => {
    const found = map.get(key);
    if (!found) throw new Refusal(404, '没有找到', '内容不存在,或者不属于您。');
    return found;
  };
  const caseFor = (person, number) => {
    const one = lookup(cases, number);
    if (person.roles.includes('applicant') && !person.enterprises.some((entry) => entry.id === one.enterpriseId)) throw new Refusal(404, '没有找到', '内容不存在,或者不属于您。');
    return one;
  };
  const shown = ({ timeline: _timeline, open: _open, corrections: _corrections, ...rest }) => rest;

  const routes = [
    ['POST', '/session', ({ body, reply }) => {
      const account = sample.accounts.find((entry) => entry.name === body.name && entry.password === body.password);
      if (!account) throw new Refusal(401, '账号或密码不对', '请核对后再试。');
      const id = randomUUID();
      const session = { person: account.person, token: randomUUID(), expires: '2026-11-23T23:00:00+08:00' };
      sessions.set(id, session);
      reply.setHeader('Set-Cookie', `gx=${id}; HttpOnly; SameSite=Lax; Path=/`);
      return session;
    }, true],
    ['GET', '/session', ({ session }) => {
      if (!session) throw new Refusal(401, '请先登录');
      return session;
    }, true],
    ['DELETE', '/session', ({ sessionId }) => void sessions.delete(sessionId)],
    ['POST', '/session/password', () => null],
    ['GET', '/messages/:lang', () => ({}), true],
    ['GET', '/matters', ({ query }) => {
      const q = query.get('q') ?? '';
      return page(sample.matters.filter((one) => (!q || one.name.includes(q) || one.nameEn.toLowerCase().includes(q.toLowerCase())) && (!query.get('apply') || one.apply) && (!query.get('stage') || String(one.stage) === query.get('stage'))), query);
    }, true],
    ['GET', '/matters/:id', ({ params }) => lookup(new Map(sample.matters.map((one) => [one.id, one])), params.id), true],
    ['POST', '/matters/:id/needed', ({ body }) => ({ items: sample.needed(body.project ?? {}) }), true],
    ['GET', '/forms/:id', () => form, true],
    ['GET', '/decisions/:id', ({ params }) => ({ id: params.id, dmn: decisionXml })],
    ['GET', '/drafts', ({ person }) => page([...drafts.values()].filter((one) => one.owner === person.name))],
    ['POST', '/drafts', ({ body, person }) => {
      const draft = { id: randomUUID(), ...body, version: 1, savedAt: now(), owner: person.name };
      drafts.set(draft.id, draft);
      return draft;
    }],
    ['GET', '/drafts/:id', ({ params }) => lookup(drafts, params.id)],
    ['PUT', '/drafts/:id', ({ params, body, headers }) => {
      const draft = lookup(drafts, params.id);
      if (headers['if-match'] !== `"${draft.version}"`) throw new Refusal(412, '别人刚刚改过');
      Object.assign(draft, body, { version: draft.version + 1, savedAt: now() });
      return draft;
    }],
    ['DELETE', '/drafts/:id', ({ params }) => void drafts.delete(params.id)],
    ['POST', '/drafts/:id/submit', ({ params, person }) => {
      const draft = lookup(drafts, params.id);
      drafts.delete(params.id);
      const one = start(draft, person);
      return { number: one.number, receiptNo: one.receiptNo, submittedAt: one.submittedAt, dueAcceptance: '2026-11-30' };
    }],
    ['POST', '/drafts/:id/documents', (call) => keepFile(call)],
    ['POST', '/cases/:number/documents', (call) => keepFile(call)],
    ['GET', '/files/:id', ({ params, reply }) => {
      const file = lookup(files, params.id);
      reply.setHeader('Content-Type', 'application/octet-stream');
      reply.setHeader('Content-Disposition', 'attachment');
      return file.bytes;
    }],
    ['GET', '/cases', ({ person, query }) => {
      const q = query.get('q') ?? '';
      const found = [...cases.values()].reverse().filter((one) =>
        (!person.roles.includes('applicant') || person.enterprises.some((entry) => entry.id === one.enterpriseId)) &&
        (!query.get('state') || one.state === query.get('state')) && (!query.get('lamp') || one.lamp === query.get('lamp')) &&
        (!q || one.number.includes(q) || one.project.name.includes(q) || one.applicant.name.includes(q)));
      query.set('page', query.get('after') || '1'); // a cursor of its own
      const part = page(found.map(shown), query);
      return { ...part, total: query.get('after') ? null : part.total, bound: null };
    }],
    ['GET', '/cases/:number', ({ params, person }) => {
      const one = caseFor(person, params.number);
      const own = [...tasks.values()].filter((task) => task.case === one.number && (task.role === 'applicant' ? person.roles.includes('applicant') : mayTake(person, task)));
      return { ...shown(one), tasks: own };
    }],
    ['GET', '/cases/:number/timeline', ({ params, person }) => page([...caseFor(person, params.number).timeline].reverse(), null)],
    ['GET', '/cases/:number/diagram', ({ params, person }) => {
      const one = caseFor(person, params.number);
      const done = one.steps.filter((step) => step.state === 'done').map((step) => `E_${step.key}`);
      return { bpmn: diagramXml, tokens: one.steps.filter((step) => step.state === 'current').map((step) => ({ element: `E_${step.key}`, since: step.since })), done, flows: [] };
    }],
    ['POST', '/cases/:number/withdraw', ({ params, person, body }) => {
      const one = caseFor(person, params.number);
      one.state = 'withdrawn';
      for (const [id, task] of tasks) if (task.case === one.number) tasks.delete(id);
      log(one, '撤回申请', person.name, body.reason);
      return null;
    }],
    ['POST', '/cases/:number/stop', ({ params, person, body }) => {
      const one = caseFor(person, params.number);
      one.clock.stops.push({ kind: body.kind, reason: body.reason, from: now(), to: null, plannedEnd: '2026-12-07' });
      one.state = 'stopped';
      log(one, `停表:${body.kind}`, person.name, body.reason, person.department);
      return null;
    }],
    ['POST', '/cases/:number/resume', ({ params, person }) => {
      const one = caseFor(person, params.number);
      for (const stop of one.clock.stops) stop.to ??= now();
      one.state = 'review';
      return null;
    }],
    ['POST', '/cases/:number/extend', () => null],
    ['GET', '/tasks', ({ person, query }) => page([...tasks.values()].filter((task) => mayTake(person, task)).sort((a, b) => a.daysLeft - b.daysLeft), query)],
    ['GET', '/tasks/:id', ({ params }) => {
      const task = lookup(tasks, params.id);
      const one = cases.get(task.case);
      return { ...task, data: one.data, documents: one.documents, opinions: one.opinions, trace: sample.trace };
    }],
    ['POST', '/tasks/:id/claim', () => null],
    ['POST', '/tasks/:id/assign', () => null],
    ['POST', '/tasks/:id/complete', ({ params, body, person }) => {
      const task = lookup(tasks, params.id);
      if (body.version !== task.version) throw new Refusal(409, '别人刚刚办过这项任务');
      complete(task, body, person);
      return null;
    }],
    ['GET', '/registers', () => page(Object.values(sample.registers).map(({ records, ...info }) => ({ id: info.id, title: info.title, total: records.length })))],
    ['GET', '/registers/:id', ({ params }) => {
      const { records: _records, ...info } = lookup(new Map(Object.entries(sample.registers)), params.id);
      return info;
    }],
    ['GET', '/registers/:id/records', ({ params, query }) => page(recordsOf(params.id, query), query)],
    ['GET', '/registers/:id/records.csv', ({ params, query, reply }) => {
      reply.setHeader('Content-Type', 'text/csv');
      return Buffer.from(recordsOf(params.id, query).map((one) => Object.values(one).join(',')).join('\n'));
    }],
    ['GET', '/registers/:id/records/:key', ({ params }) => lookup(new Map(sample.registers[params.id]?.records.map((one) => [one.id, one]) ?? []), params.key)],
    ['GET', '/enterprises/own', ({ person }) => page(person.enterprises.map(({ id }) => ({
      id, enterprise: sample.registers.enterprise.records.find((one) => one.id === id) ?? null, projects: sample.registers.project.records.filter((one) => one.enterpriseId === id),
    })))],
    ['GET', '/projects/lamps', () => page(sample.lamps, new URLSearchParams('size=500'))],
    ['GET', '/permits', ({ person }) => page([...permits.values()].filter((one) => !person.roles.includes('applicant') || person.enterprises.some((entry) => entry.name === one.holder)))],
    ['GET', '/permits/:number/pdf', ({ params, reply }) => {
      const permit = [...permits.values()].find((one) => one.number === params.number);
      reply.setHeader('Content-Type', 'application/pdf');
      return Buffer.from(`%PDF-1.4 sample ${permit.code}\n${createHash('sha256').update(permit.code).digest('hex')}`);
    }],
    ['POST', '/permits/:number/revoke', ({ params }) => {
      const permit = [...permits.values()].find((one) => one.number === params.number);
      permit.state = 'revoked';
      return null;
    }],
    ['GET', '/verify/:code', ({ params }) => verdict(lookup(permits, params.code)), true],
    ['POST', '/verify', ({ bytes }) => {
      const text = bytes.toString();
      const permit = [...permits.values()].find((one) => text.includes(one.code));
      if (!permit) return { state: 'unknown', signatures: [] };
      const isIntact = text === `%PDF-1.4 sample ${permit.code}\n${createHash('sha256').update(permit.code).digest('hex')}`;
      return isIntact ? verdict(permit) : { ...verdict(permit), state: 'invalid', signatures: [{ algorithm: 'Ed25519', valid: false }, { algorithm: 'SM2-SM3', valid: false }] };
    }, true],
    ['GET', '/notices', ({ person }) => page(notices.filter((one) => person.enterprises.some((entry) => entry.id === one.enterprise)))],
    ['POST', '/notices/:id/read', ({ params }) => {
      const notice = notices.find((one) => one.id === params.id);
      if (notice) notice.readAt = now();
      return null;
    }],
    ['GET', '/packages', () => page(sample.packages)],
    ['GET', '/audit', () => page(sample.audit)],
    ['GET', '/accounts', () => page(sample.accounts.map((one, index) => ({ id: String(index), name: one.name, personName: one.person.name, roles: one.person.roles, department: one.person.department })))],
  ];

  function recordsOf(id, query) {
    const register = lookup(new Map(Object.entries(sample.registers)), id);
    const q = query.get('q') ?? '';
    const filters = [...query].filter(([name]) => name.startsWith('filter.')).map(([name, value]) => [name.slice(7), value]);
    const found = register.records.filter((one) => (!q || JSON.stringify(one).includes(q)) && filters.every(([name, value]) => String(one[name]) === value));
    const sort = query.get('sort') ?? register.sort;
    const field = sort.replace(/^-/, '');
    return found.sort((a, b) => (sort.startsWith('-') ? -1 : 1) * String(a[field]).localeCompare(String(b[field]), 'zh', { numeric: true }));
  }

  function keepFile({ bytes, query }) {
    if (!bytes.length) throw new Refusal(422, '文件是空的', '请换一份文件。');
    const id = randomUUID();
    files.set(id, { bytes });
    return { id, name: query.get('name'), size: bytes.length, hash: createHash('sha256').update(bytes).digest('hex'), kind: query.get('kind') };
  }

  const verdict = (permit) => ({
    state: permit.state, number: permit.number, name: permit.name,
    fields: { 证照: permit.name, 证号: permit.number, 持证单位: permit.holder, 项目: permit.project, 发证日期: permit.issuedAt },
    signatures: [{ algorithm: 'Ed25519', valid: true }, { algorithm: 'SM2-SM3', valid: true }],
  });

  function find(method, path) {
    for (const [verb, pattern, act, isPublic] of routes) {
      if (verb !== method) continue;
      const wanted = pattern.split('/');
      const given = path.split('/');
      if (wanted.length !== given.length) continue;
      const params = {};
      if (wanted.every((part, i) => (part.startsWith(':') ? ((params[part.slice(1)] = decodeURIComponent(given[i])), true) : part === given[i]))) return { act, params, isPublic };
    }
    return null;
  }

  async function answer(request, reply) {
    const url = new URL(request.url, 'http://localhost');
    reply.setHeader('Content-Security-Policy', policy);
    reply.setHeader('X-Content-Type-Options', 'nosniff');
    if (!url.pathname.startsWith('/api/')) {
      const file = join(dist, url.pathname);
      const isFile = extname(file) && existsSync(file);
      const path = isFile ? file : join(dist, 'index.html');
      reply.setHeader('Content-Type', types[extname(path)] ?? 'application/octet-stream');
      reply.end(readFileSync(path));
      return;
    }
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const sessionId = /gx=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
    const session = sessions.get(sessionId);
    const path = url.pathname.slice('/api/v1'.length);
    try {
      if (path === '/events') {
        if (!session) throw new Refusal(401, '请先登录');
        reply.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
        reply.write(': hello\n\n');
        streams.add(reply);
        request.on('close', () => streams.delete(reply));
        return;
      }
      const found = find(request.method, path);
      if (!found) throw new Refusal(404, '没有找到', path);
      if (!found.isPublic && !session) throw new Refusal(401, '请先登录');
      const isUnsafe = request.method !== 'GET';
      if (isUnsafe && !found.isPublic && request.headers['x-gx-token'] !== session?.token) throw new Refusal(403, '页面已过期,请刷新');
      const key = request.headers['idempotency-key'];
      if (isUnsafe && key && answered.has(key)) return void reply.end(answered.get(key));
      const body = /json/.test(request.headers['content-type'] ?? '') && bytes.length ? JSON.parse(bytes.toString()) : null;
      const value = found.act({ params: found.params, query: url.searchParams, body, bytes, headers: request.headers, session, sessionId, person: session?.person, reply });
      if (Buffer.isBuffer(value)) return void reply.end(value);
      const text = JSON.stringify(value ?? null);
      if (isUnsafe && key) answered.set(key, text);
      reply.setHeader('Content-Type', 'application/json');
      reply.end(text);
    } catch (error) {
      if (!(error instanceof Refusal)) console.error(error);
      const status = error.status ?? 500;
      reply.writeHead(status, { 'Content-Type': 'application/problem+json' });
      reply.end(JSON.stringify({ type: 'about:blank', title: error.message, status, detail: error.detail, requestId: randomUUID().slice(0, 8) }));
    }
  }

  return createServer((request, reply) => void answer(request, reply));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const port = Number(process.argv[2] ?? 8090);
  createMock().listen(port, () => console.log(`http://localhost:${port}`));
}
