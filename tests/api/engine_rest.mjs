// What the tests of /engine-rest share: a zone with programs' accounts, a client that speaks as Camunda's do, models.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Zone, offsetTo, passwords, root } from './zone.mjs';

export class Engine {
  /** Accounts: machine (may deploy, start, work, repair, and do tasks of "accounting"), plain (an interface program only), clerk (accounting). */
  async start(database = undefined) {
    this.folder = mkdtempSync(join(tmpdir(), 'gx-engine-'));
    cpSync(join(root, 'packages'), this.folder, { recursive: true });
    const path = join(this.folder, 'sample/accounts.json');
    const accounts = JSON.parse(readFileSync(path));
    const add = (name, number, roles) => {
      accounts.push({ name, password: `Sample-2026-${number}`, person: { name, staff: '' }, roles, department: '', enterprises: [], note: '', sample: true });
      passwords[name] = number;
    };
    add('machine', '97', ['operator', 'administrator', 'accounting', 'reviewer', 'auditor']);
    add('plain', '98', ['operator']);
    add('clerk', '99', ['accounting']);
    writeFileSync(path, JSON.stringify(accounts));
    mkdirSync(join(this.folder, 'offices'));
    writeFileSync(join(this.folder, 'offices/package.json'), JSON.stringify({ name: 'offices', version: '1.0.0', title: { zh: '办公角色', en: 'Office roles' }, requires: ['base'] }));
    const field = (path, type) => ({ id: `${path}Of`, path, type, title: { zh: path, en: path } });
    writeFileSync(join(this.folder, 'offices/search.json'), JSON.stringify({ variables: [field('area', 'number'), field('city', 'text'), field('begins', 'date'), field('urgent', 'boolean')] }));
    const may = { 'task.read': 'assigned', 'task.claim': 'all', 'task.complete': 'all' };
    writeFileSync(join(this.folder, 'offices/roles.json'), JSON.stringify({ roles: { accounting: { title: { zh: '会计', en: 'Accounting' }, may } } }));
    this.zone = await new Zone({ packages: this.folder, database, offset: offsetTo('2026-11-23T09:00:00+08:00') }).start();
    this.base = `${this.zone.base}/engine-rest`;
    this.admin = await this.zone.as('sysadmin');
    this.keys = {};
    for (const account of ['machine', 'plain', 'clerk']) this.keys[account] = (await this.admin.post('/keys', { account, note: 'test' })).key;
    return this;
  }

  async end() {
    await this.zone?.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  authorization(account) {
    return `Basic ${Buffer.from(`${account}:${this.keys[account]}`).toString('base64')}`;
  }

  /** {status, body}: the body as JSON where it is JSON. */
  async call(method, path, body, account = 'machine') {
    const headers = { Authorization: this.authorization(account), 'Accept-Language': 'en' };
    if (body !== undefined && !(body instanceof FormData)) headers['Content-Type'] = 'application/json';
    const answer = await fetch(this.base + path, { method, headers, body: body === undefined ? undefined : body instanceof FormData ? body : JSON.stringify(body) });
    const text = await answer.text();
    const isJson = /json/.test(answer.headers.get('content-type') ?? '');
    return { status: answer.status, body: text && isJson ? JSON.parse(text) : text || null, type: answer.headers.get('content-type') };
  }

  get(path, account) {
    return this.call('GET', path, undefined, account);
  }

  post(path, body = {}, account = undefined) {
    return this.call('POST', path, body, account);
  }

  deploy(files, fields = {}, account = undefined) {
    const form = new FormData();
    for (const [name, value] of Object.entries({ 'deployment-name': 'test', ...fields })) form.append(name, value);
    for (const [name, content] of Object.entries(files)) form.append(name, new Blob([content], { type: 'application/octet-stream' }), name);
    return this.call('POST', '/deployment/create', form, account);
  }
}

/** A model of Camunda 7: `inside` between the tags of its one process. */
export const model = (id, inside, roots = '') => `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="urn:t">
  ${roots}<process id="${id}" name="Process ${id}" isExecutable="true">
    ${inside}
  </process>
</definitions>`;

/** Elements one after the other, each joined to the next. */
export function line(...elements) {
  const ids = elements.map((one) => /id="([^"]+)"/.exec(one)[1]);
  return [...elements, ...ids.slice(1).map((to, i) => `<sequenceFlow id="f${i}" sourceRef="${ids[i]}" targetRef="${to}"/>`)].join('\n    ');
}

export const start = '<startEvent id="start"/>';
export const end = '<endEvent id="end"/>';
export const external = (id, topic) => `<serviceTask id="${id}" camunda:type="external" camunda:topic="${topic}"/>`;
export const user = (id, attributes = 'camunda:candidateGroups="accounting"') => `<userTask id="${id}" name="Task ${id}" ${attributes}/>`;
