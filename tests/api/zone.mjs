// Starts build/gaoxing on a data folder of its own and speaks its API as people do.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomUUID } from 'node:crypto';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const binary = process.env.GX_BINARY ?? join(root, 'build/gaoxing');
export const passwords = {
  company: '01', company2: '02', window: '03', nrb: '04', chb: '05', cdo: '06', eeb: '07', umb: '08', wab: '09', met: '10', utl: '11', nrbhead: '12', chbhead: '13',
  leader: '14', auditor: '15', sysadmin: '16', asb: '17', eob: '18', arc: '19', rec: '20', asbhead: '21',
};

export class Zone {
  constructor(options = {}) {
    this.folder = options.folder ?? mkdtempSync(join(tmpdir(), 'gx-api-'));
    this.packages = options.packages ?? join(root, 'packages');
    this.offset = options.offset ?? 0;
    this.database = options.database; // what --db takes; without it the folder's own
    this.more = options.more ?? []; // words for the command line
  }

  async start() {
    const { promise, resolve, reject } = Promise.withResolvers?.() ?? defer();
    const options = ['serve', '--port', '0', '--data', this.folder, '--packages', this.packages, '--sample', '--clock-offset', String(Math.round(this.offset)), ...(this.database ? ['--db', this.database] : []), ...this.more];
    this.child = spawn(binary, options, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...this.env } });
    this.log = '';
    this.child.stderr.on('data', (bytes) => (this.log += bytes));
    this.child.stdout.on('data', (bytes) => {
      this.said = (this.said ?? '') + bytes;
      const port = /localhost:(\d+)/.exec(this.said)?.[1];
      if (port) {
        this.base = `http://localhost:${port}`;
        resolve();
      }
    });
    this.exited = new Promise((done) => this.child.once('exit', (code, signal) => done(code ?? signal)));
    this.exited.then(() => reject(new Error(`the server ended: ${this.log}`)));
    await promise;
    this.said = '';
    return this;
  }

  async stop(signal = 'SIGTERM') {
    this.child.kill(signal);
    return this.exited;
  }

  /** The same data, so much later. */
  async later(ms) {
    await this.stop();
    this.offset += ms;
    await this.start();
  }

  async end() {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async as(name) {
    const session = new Session(this, name);
    const answer = await session.ask('POST', '/session', { name, password: `Sample-2026-${passwords[name]}` });
    session.token = answer.token;
    return session;
  }
}

function defer() {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}

export class Refused extends Error {
  constructor(status, problem) {
    super(`${status} ${problem?.code} ${problem?.title}: ${problem?.detail ?? ''}`);
    Object.assign(this, { status, problem, code: problem?.code });
  }
}

export class Session {
  constructor(zone, name) {
    Object.assign(this, { zone, name, cookie: '', token: '' });
  }

  async send(method, path, body, headers = {}) {
    const isRaw = body instanceof Uint8Array;
    const all = { 'Accept-Language': 'en', ...headers };
    if (this.cookie) all.Cookie = this.cookie;
    if (method !== 'GET') {
      if (this.token) all['X-GX-Token'] = this.token;
      if (body !== undefined && !isRaw) all['Content-Type'] = 'application/json';
      if (isRaw) all['Content-Type'] ??= 'application/pdf';
    }
    const init = { method, headers: all };
    if (body !== undefined) init.body = isRaw ? body : JSON.stringify(body);
    const answer = await fetch(this.zone.base + (path.startsWith('/api') || path.startsWith('/v/') ? path : `/api/v1${path}`), init);
    const cookie = answer.headers.get('set-cookie');
    if (cookie) this.cookie = cookie.split(';')[0];
    return answer;
  }

  async ask(method, path, body, headers) {
    const answer = await this.send(method, path, body, headers);
    const text = await answer.text();
    const value = text ? JSON.parse(text) : null;
    if (!answer.ok) throw new Refused(answer.status, value);
    return value;
  }

  get(path) {
    return this.ask('GET', path);
  }

  post(path, body, key = randomUUID()) {
    return this.ask('POST', path, body ?? {}, { 'Idempotency-Key': key });
  }

  /** The one open task of a case that this person may do; by element if there are several. */
  async task(number, element) {
    const { tasks } = await this.get(`/cases/${number}`);
    const found = tasks.find((one) => !element || one.step === element);
    if (!found) throw new Error(`${this.name} has no task ${element ?? ''} in ${number}: ${tasks.map((one) => one.step)}`);
    return found;
  }

  async complete(number, element, outcome, data = {}) {
    const task = await this.task(number, element);
    return this.post(`/tasks/${task.id}/complete`, { outcome, data, version: task.version });
  }
}

export const pdf = (text = 'sample') => new TextEncoder().encode(`%PDF-1.4\n% ${text}\n%%EOF\n`);
export const day = 24 * 3600 * 1000;
/** The offset that makes the server's clock show that moment. */
export const offsetTo = (text) => Date.parse(text) - Date.now();

export const application = () => ({
  applicant: { name: '样例企业', agent: '样例经办', phone: '13800000000' },
  project: {
    name: '智能装备样例厂房', code: '2611-370800-04-01-000001', category: '产业', approvalMode: '备案', address: '样例路 1 号', landMode: '已有用地', landHa: 4.2, floorAreaM2: 18000,
    civilFloorAreaM2: 0, investmentWan: 9000, plannedStart: '2026-12-20', plannedEnd: '2027-12-20', energyTce: 300, electricityMWh: 900, eiaClass: '报告表', earthworkM3: 3000,
    contractor: '样例建设', supervisor: '样例监理',
  },
  promises_accepted: true,
});

export const papers = ['F16', 'F17', 'F19', 'F20', 'F21', 'F24', 'F25', 'F26', 'F27', 'F28'];

/** A submitted S25 with all papers but the ones in `without`. */
export async function apply(company, { without = [], states = {} } = {}) {
  const draft = await company.post('/drafts', { matter: 'S25', enterpriseId: 'E1570', data: application() });
  const documents = [];
  for (const id of papers) {
    if (without.includes(id)) continue;
    if (states[id]) {
      documents.push({ id, state: states[id] });
      continue;
    }
    const file = await company.ask('POST', `/drafts/${draft.id}/documents?kind=${id}&name=${id}.pdf`, pdf(id));
    documents.push({ id, state: 'given', file: file.id });
  }
  const saved = await company.ask('PUT', `/drafts/${draft.id}`, { matter: 'S25', enterpriseId: 'E1570', data: { ...application(), documents } }, { 'If-Match': `"${draft.version}"` });
  return company.post(`/drafts/${saved.id}/submit`);
}

/** What the window sends: the papers as they are. */
export async function checklist(person, number, changes = {}) {
  const { documents } = await person.get(`/cases/${number}`);
  return documents.map(({ id, state, file }) => ({ id, state: changes[id] ?? state, ...(file ? { file } : {}) }));
}

export async function accept(window, number, outcome = 'accept', changes = {}) {
  await window.complete(number, 'intake', outcome, { documents: await checklist(window, number, changes), missing: [], reason: '' });
}

/** Reviews up to the joint decision: everyone agrees, but `verdicts` by element or department. */
export async function review(zone, number, verdicts = {}) {
  const agree = { outcome: 'agree', opinion: '符合要求' };
  const say = async (name, element) => {
    const person = await zone.as(name);
    const { outcome, ...data } = { ...agree, ...verdicts[`${element}.${name}`] };
    await person.complete(number, element, outcome, data);
  };
  for (const name of ['cdo', 'eeb', 'umb']) await say(name, 'opinion');
  await say('nrb', 'schemeDecision');
  await say('nrb', 'planningReview');
  await say('chb', 'permitCheck');
  for (let round = 0; round < 20; round++) {
    let has = false;
    for (const name of ['chb', 'cdo', 'met']) {
      const person = await zone.as(name);
      const { tasks } = await person.get(`/cases/${number}`).catch(() => ({ tasks: [] }));
      for (const task of tasks.filter((one) => !['permitCheck', 'countersign', 'opinion'].includes(one.step))) {
        const { outcomes } = await person.get(`/tasks/${task.id}`);
        await person.post(`/tasks/${task.id}/complete`, { outcome: outcomes[0] ?? '', data: { opinion: '同意', comments: [] }, version: task.version });
        has = true;
      }
    }
    if (!has) break;
  }
}
