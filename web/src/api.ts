// The only door to the server: no other file calls fetch. Every changing call carries the session's token and an idempotency key, so that
// a call repeated after a lost answer acts once; records carry their ETag, so that nobody overwrites what somebody else just wrote.
import { language } from './messages';
import type * as T from './types';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: T.Problem,
  ) {
    super(problem.detail ?? problem.title);
  }
}

const base = '/api/v1';
let token = '';
let onSessionLost: () => void = () => undefined;

export function whenSessionLost(act: () => void): void {
  onSessionLost = act;
}

interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  body?: unknown;
  file?: Blob;
  ifMatch?: string | number;
  /** the same key for the same intent: pass one to make a retry safe across calls */
  key?: string;
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
}

/** What the service worker kept of this person's answers goes with the session: the next one at this machine must not find it. */
function forget(): void {
  navigator.serviceWorker?.controller?.postMessage('forget');
}

export function newKey(): string {
  return crypto.randomUUID();
}

export function query(values: { [name: string]: string | number | boolean | null | undefined }): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(values))
    if (value !== null && value !== undefined && value !== '') parts.set(name, String(value));
  const text = parts.toString();
  return text ? `?${text}` : '';
}

function headersOf(call: Call): Record<string, string> {
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': language() === 'en' ? 'en' : 'zh-CN' };
  if (call.method && call.method !== 'GET') {
    if (token) headers['X-GX-Token'] = token;
    headers['Idempotency-Key'] = call.key ?? newKey();
    headers['Content-Type'] = call.file ? call.file.type || 'application/octet-stream' : 'application/json';
  }
  if (call.ifMatch !== undefined) headers['If-Match'] = `"${String(call.ifMatch).replace(/"/g, '')}"`;
  return headers;
}

function problemOf(status: number, text: string): T.Problem {
  try {
    const found = JSON.parse(text) as T.Problem;
    if (found && typeof found.title === 'string') return { ...found, status };
  } catch {
    // not a problem answer: a proxy's page, or nothing at all
  }
  return { title: '', status, code: status === 0 ? 'net.offline' : `http.${status}` };
}

async function send(path: string, call: Call = {}): Promise<Response> {
  const unsafe = call.method !== undefined && call.method !== 'GET';
  const headers = headersOf(call);
  const init: RequestInit = { method: call.method ?? 'GET', headers, credentials: 'same-origin' };
  if (call.signal) init.signal = call.signal;
  if (call.file) init.body = call.file;
  else if (unsafe) init.body = JSON.stringify(call.body ?? {});
  for (let attempt = 0; ; attempt++) {
    let answer: Response;
    try {
      answer = await fetch(base + path, init);
    } catch (error) {
      if (call.signal?.aborted) throw error;
      if (attempt < 1) {
        await new Promise((done) => setTimeout(done, 400));
        continue; // the same key: the server acts once
      }
      throw new ApiError(0, problemOf(0, ''));
    }
    if (answer.ok) return answer;
    if (answer.status === 401 && path !== '/session') onSessionLost();
    throw new ApiError(answer.status, problemOf(answer.status, await answer.text()));
  }
}

async function ask<Answer>(path: string, call?: Call): Promise<Answer> {
  const answer = await send(path, call);
  const text = await answer.text();
  return (text ? JSON.parse(text) : null) as Answer;
}

/** With the record's ETag, for a later If-Match. */
async function askWithTag<Answer>(path: string): Promise<{ value: Answer; tag: string }> {
  const answer = await send(path);
  return { value: (await answer.json()) as Answer, tag: (answer.headers.get('ETag') ?? '').replace(/^W\/|"/g, '') };
}

/** XMLHttpRequest tells how far an upload is; fetch does not. */
function upload<Answer>(path: string, call: Call & { file: Blob }): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', base + path);
    for (const [name, value] of Object.entries(headersOf({ ...call, method: 'POST' }))) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => event.lengthComputable && call.onProgress?.(event.loaded / event.total);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(JSON.parse(request.responseText || 'null') as Answer);
      else reject(new ApiError(request.status, problemOf(request.status, request.responseText)));
    };
    request.onerror = () => reject(new ApiError(0, problemOf(0, '')));
    request.send(call.file);
  });
}

const at = encodeURIComponent;

/** Lists that an answer may leave out or hold as null are empty lists here, so that no screen has to ask. */
function list<Item>(items: Item[] | null | undefined): Item[] {
  return Array.isArray(items) ? items.filter((item) => item !== null) : [];
}
type Query = Parameters<typeof query>[0];

/** The register that screens know by name. */
export const register = { projects: 'project' };

export const api = {
  // who is here
  session: async (): Promise<T.Session | null> => {
    try {
      const session = await ask<T.Session>('/session');
      token = session.token;
      return session;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        forget();
        return null;
      }
      throw error;
    }
  },
  signIn: async (name: string, password: string): Promise<T.Session> => {
    const session = await ask<T.Session>('/session', { method: 'POST', body: { name, password } });
    token = session.token;
    return session;
  },
  signOut: async (): Promise<void> => {
    await send('/session', { method: 'DELETE' });
    token = '';
    forget();
  },
  changePassword: (old: string, next: string) => ask<null>('/session/password', { method: 'POST', body: { old, new: next } }),
  messages: (lang: string) => ask<{ [key: string]: string }>(`/messages/${lang}`),

  // matters and forms
  matters: (q: Query) => ask<T.Page<T.MatterRow>>(`/matters${query(q)}`),
  matter: async (id: string): Promise<T.Matter> => {
    const found = await ask<Partial<T.Matter> & T.MatterRow>(`/matters/${at(id)}`);
    return {
      ...found,
      cooperating: list(found.cooperating),
      basis: list(found.basis),
      documents: list(found.documents),
      prerequisites: list(found.prerequisites),
      stopClock: list(found.stopClock),
      steps: list(found.steps),
      result: found.result ?? null,
    };
  },
  needed: (id: string, project: T.Data) =>
    ask<{ items: T.NeededMatter[] }>(`/matters/${at(id)}/needed`, { method: 'POST', body: { project } }),
  form: (id: string) => ask<T.FormSchema>(`/forms/${at(id)}`),

  // decisions
  decisions: (q: Query = {}) => ask<T.Page<T.DecisionRow>>(`/decisions${query(q)}`),
  decision: (id: string, decision = '') => ask<T.DecisionModel>(`/decisions/${at(id)}${query({ decision })}`),
  /** What it answers, why, and (with `want`) what would have to change for that answer. */
  tryDecision: async (id: string, decision: string | null, inputs: T.Data, want?: T.Json): Promise<T.DecisionOutcome | null> => {
    const body = { ...(decision ? { decision } : {}), inputs, trace: true, ...(want === undefined ? {} : { want }) };
    const answer = await ask<{ items: T.DecisionOutcome[] }>(`/decisions/${at(id)}/evaluate`, { method: 'POST', body });
    return answer.items[0] ?? null;
  },

  // processes
  processes: () => ask<T.Page<T.ProcessRow>>(`/processes${query({ size: 200 })}`),
  process: (id: string, version = '') => ask<T.ProcessModel>(`/processes/${at(id)}${query({ version })}`),
  statistics: (id: string, version: string, days: string) => ask<T.ProcessStatistics>(`/processes/${at(id)}/statistics${query({ version, days })}`),

  // drafts
  drafts: () => ask<T.Page<T.Draft>>('/drafts'),
  draft: (id: string) => ask<T.Draft>(`/drafts/${at(id)}`),
  newDraft: (matter: string, enterpriseId: string | null, data: T.Data) =>
    ask<T.Draft>('/drafts', { method: 'POST', body: { matter, enterpriseId, data } }),
  saveDraft: (draft: T.Draft) =>
    ask<T.Draft>(`/drafts/${at(draft.id)}`, {
      method: 'PUT',
      body: { matter: draft.matter, enterpriseId: draft.enterpriseId, data: draft.data },
      ifMatch: draft.version,
    }),
  dropDraft: (id: string) => ask<null>(`/drafts/${at(id)}`, { method: 'DELETE' }),
  submitDraft: (id: string, key: string) => ask<T.Receipt>(`/drafts/${at(id)}/submit`, { method: 'POST', key }),
  uploadToDraft: (id: string, kind: string, file: File, onProgress?: (share: number) => void) =>
    upload<T.Uploaded>(`/drafts/${at(id)}/documents${query({ kind, name: file.name })}`, { file, onProgress }),

  // cases
  caseFields: () => ask<{ items: T.CaseField[] }>('/case-fields').then((found) => found.items),
  cases: (q: Query) => ask<T.CasePage>(`/cases${query(q)}`),
  case: async (number: string): Promise<T.Case> => {
    const found = await ask<Partial<T.Case> & T.CaseRow & { version: number }>(`/cases/${at(number)}`);
    return {
      ...found,
      clock: { running: Boolean(found.clock?.running), stops: list(found.clock?.stops) },
      steps: list(found.steps),
      documents: list(found.documents),
      promises: list(found.promises),
      opinions: list(found.opinions),
      permits: list(found.permits),
      messages: list(found.messages),
      tasks: list(found.tasks),
      needed: list(found.needed),
      incidents: list(found.incidents),
    };
  },
  timeline: (number: string) => ask<T.Page<T.TimelineEntry>>(`/cases/${at(number)}/timeline`),
  diagram: (number: string) => ask<T.Diagram>(`/cases/${at(number)}/diagram`).then((found) => ({ ...found, path: list(found.path) })),
  withdraw: (number: string, reason: string) => ask<null>(`/cases/${at(number)}/withdraw`, { method: 'POST', body: { reason } }),
  urge: (number: string, note: string) => ask<null>(`/cases/${at(number)}/urge`, { method: 'POST', body: { note } }),
  message: (number: string, name: string, data: T.Data) =>
    ask<null>(`/cases/${at(number)}/messages/${at(name)}`, { method: 'POST', body: { data } }),
  stopClock: (number: string, kind: string, reason: string, plannedDays: number) =>
    ask<null>(`/cases/${at(number)}/stop`, { method: 'POST', body: { kind, reason, plannedDays } }),
  resumeClock: (number: string) => ask<null>(`/cases/${at(number)}/resume`, { method: 'POST' }),
  extend: (number: string, reason: string) => ask<null>(`/cases/${at(number)}/extend`, { method: 'POST', body: { reason } }),
  uploadToCase: (number: string, kind: string, file: File, onProgress?: (share: number) => void) =>
    upload<T.Uploaded>(`/cases/${at(number)}/documents${query({ kind, name: file.name })}`, { file, onProgress }),
  fileUrl: (id: string) => `${base}/files/${at(id)}`,
  letterUrl: (id: string | number) => `${base}/letters/${id}/pdf`,
  incidents: (q: Query) => ask<T.Page<T.IncidentRow>>(`/incidents${query(q)}`),
  holds: (q: Query) => ask<T.Page<T.HoldOrder>>(`/holds${query(q)}`),
  holdProcess: (process: string, order: { version: number; refuseStarts: boolean; reason: string }) =>
    ask<null>(`/processes/${at(process)}/hold`, { method: 'POST', body: order }),
  releaseProcess: (process: string, version: number, reason: string) => ask<null>(`/processes/${at(process)}/release`, { method: 'POST', body: { version, reason } }),
  webhooks: () => ask<T.Page<T.Webhook> & { kinds: T.WebhookKind[] }>('/webhooks'),
  makeWebhook: (wish: T.WebhookWish) => ask<T.WebhookSecret>('/webhooks', { method: 'POST', body: wish }),
  changeWebhook: (id: number, wish: T.WebhookWish) => ask<null>(`/webhooks/${id}`, { method: 'PUT', body: wish }),
  deleteWebhook: (id: number) => ask<null>(`/webhooks/${id}`, { method: 'DELETE' }),
  renewWebhook: (id: number) => ask<T.WebhookSecret>(`/webhooks/${id}/secret`, { method: 'POST' }),
  testWebhook: (id: number) => ask<null>(`/webhooks/${id}/test`, { method: 'POST' }),
  webhookDeliveries: (id: number, q: Query) => ask<{ items: T.WebhookDelivery[]; next: string | null }>(`/webhooks/${id}/deliveries${query(q)}`),
  sendAgain: (id: number, delivery?: number) => ask<{ done: number }>(`/webhooks/${id}/again`, { method: 'POST', body: delivery ? { delivery } : {} }),
  dropDead: (id: number, delivery: number) => ask<{ done: number }>(`/webhooks/${id}/drop`, { method: 'POST', body: { delivery } }),
  retryIncident: (number: string, id: number, variables: T.Data, reason: string) =>
    ask<null>(`/cases/${at(number)}/incidents/${id}/retry`, { method: 'POST', body: { variables, reason } }),
  checkMove: (number: string, body: T.Data) => ask<T.RepairCheck>(`/cases/${at(number)}/move/check`, { method: 'POST', body }),
  move: (number: string, body: T.Data) => ask<null>(`/cases/${at(number)}/move`, { method: 'POST', body }),
  checkMigration: (number: string) => ask<T.RepairCheck>(`/cases/${at(number)}/migrate/check`, { method: 'POST' }),
  migrate: (number: string, reason: string) => ask<null>(`/cases/${at(number)}/migrate`, { method: 'POST', body: { reason } }),

  // tasks
  tasks: (q: Query) => ask<T.Page<T.TaskRow>>(`/tasks${query(q)}`),
  task: async (id: string): Promise<T.Task> => {
    const found = await ask<Partial<T.Task> & T.TaskRow & { version: number }>(`/tasks/${at(String(id))}`);
    return {
      ...found,
      data: found.data ?? {},
      outcomes: list(found.outcomes),
      documents: list(found.documents),
      checklist: list(found.checklist),
      opinions: list(found.opinions),
      trace: list(found.trace),
    };
  },
  claim: (id: string) => ask<null>(`/tasks/${at(id)}/claim`, { method: 'POST' }),
  release: (id: string) => ask<null>(`/tasks/${at(id)}/release`, { method: 'POST' }),
  colleagues: (id: string) => ask<T.Page<T.Colleague>>(`/tasks/${at(id)}/colleagues`),
  signers: (id: string, department: string) => ask<T.Page<T.Colleague>>(`/tasks/${at(id)}/colleagues${query({ for: 'sign', department })}`),
  earlier: (id: string) => ask<T.Page<T.EarlierStep>>(`/tasks/${at(id)}/earlier`),
  transfer: (id: string, to: string, reason: string) => ask<null>(`/tasks/${at(id)}/transfer`, { method: 'POST', body: { to, reason } }),
  sign: (id: string, body: T.SignRequest) => ask<null>(`/tasks/${at(id)}/sign`, { method: 'POST', body }),
  cancelSigning: (id: string) => ask<null>(`/tasks/${at(id)}/sign`, { method: 'DELETE' }),
  sendBack: (id: string, element: string, reason: string) => ask<null>(`/tasks/${at(id)}/send-back`, { method: 'POST', body: { element, reason } }),
  takeBack: (id: string) => ask<null>(`/tasks/${at(id)}/take-back`, { method: 'POST' }),
  complete: (task: T.Task, outcome: string, data: T.Data, key: string) =>
    ask<null>(`/tasks/${at(task.id)}/complete`, { method: 'POST', body: { outcome, data, version: task.version }, key }),

  // deputies
  deputies: () => ask<T.Page<T.Deputy>>('/deputies'),
  setDeputy: (deputy: string, from: string, to: string, reason: string) => ask<{ id: string }>('/deputies', { method: 'POST', body: { deputy, from, to, reason } }),
  endDeputy: (id: string) => ask<null>(`/deputies/${at(id)}`, { method: 'DELETE' }),

  // registers
  registers: () => ask<T.Page<T.RegisterRow>>('/registers'),
  register: (id: string) => ask<T.RegisterInfo>(`/registers/${at(id)}`),
  records: (id: string, q: Query) => ask<T.Page<T.RegisterRecord>>(`/registers/${at(id)}/records${query(q)}`),
  recordsCsvUrl: (id: string, q: Query) => `${base}/registers/${at(id)}/records.csv${query(q)}`,
  record: (id: string, key: string) => askWithTag<T.RegisterRecord>(`/registers/${at(id)}/records/${at(key)}`),
  ownEnterprises: () => ask<T.Page<T.OwnEnterprise>>('/enterprises/own'),
  projectLamps: (q: Query = {}) => ask<T.Page<T.ProjectLamp>>(`/projects/lamps${query(q)}`),

  // permits
  permits: (q: Query) => ask<T.Page<T.PermitRow>>(`/permits${query(q)}`),
  permitPdfUrl: (number: string) => `${base}/permits/${at(number)}/pdf`,
  revokePermit: (number: string, reason: string) => ask<null>(`/permits/${at(number)}/revoke`, { method: 'POST', body: { reason } }),
  verify: (code: string) => ask<T.Verification>(`/verify/${at(code)}`),
  verifyFile: (file: File) => upload<T.Verification>('/verify', { file }),

  // inbox, administration
  notices: () => ask<T.Page<T.Notice>>('/notices'),
  readNotice: (id: string) => ask<null>(`/notices/${at(id)}/read`, { method: 'POST' }),
  packages: () => ask<T.Page<T.PackageInfo>>('/packages'),
  audit: (q: Query) => ask<T.Page<T.AuditEntry>>(`/audit${query(q)}`),
  accounts: () => ask<T.Page<T.Account>>('/accounts'),
};

export type EventKind = 'tasks' | 'case' | 'notice';

/** Live changes. The browser reconnects by itself; the answer closes the stream. */
export function listen(act: (kind: EventKind, data: T.Data) => void): () => void {
  const source = new EventSource(`${base}/events`);
  for (const kind of ['tasks', 'case', 'notice'] as const)
    source.addEventListener(kind, (event) => {
      let data: T.Data = {};
      try {
        data = JSON.parse((event as MessageEvent<string>).data) as T.Data;
      } catch {
        // an event without data still says that something changed
      }
      act(kind, data);
    });
  return () => source.close();
}
