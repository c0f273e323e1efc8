// The shapes the API speaks. One place: screens import from here, and `npm run openapi` says where the server's own
// document (/api/openapi.json) differs.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Data = { [key: string]: Json };
export type Words = { zh: string; en?: string };

export interface Page<Item> {
  items: Item[];
  total: number;
  next: string | null;
}

export interface Person {
  id?: string;
  name: string;
  roles: string[];
  department: string | null;
  departmentName?: string;
  enterprises: { id: string; name: string }[];
}

export interface Session {
  person: Person;
  token: string;
  expires: string;
}

export interface Limit {
  n: number;
  unit: 'workday' | 'day' | 'immediate';
  note?: string;
}

export interface CatalogueDocument {
  id: string;
  name: string;
  nameEn?: string;
  source: 'applicant' | 'shared' | 'expert';
  tolerable: boolean;
  tolerateWorkdays: number;
  commitment: boolean;
}

export interface MatterRow {
  id: string;
  name: string;
  nameEn?: string;
  group: string;
  stage: number | null;
  owner: string;
  ownerName?: string;
  kind: string;
  legalLimit: Limit | null;
  promisedLimit: Limit | null;
  apply: boolean;
}

export interface Matter extends MatterRow {
  cooperating: string[];
  basis: { rule: string; sure?: boolean }[];
  documents: CatalogueDocument[];
  prerequisites: string[];
  stopClock: string[];
  steps?: { key: string; name: string; nameEn?: string; who?: string }[];
  result: { name: string; validity?: string | null; permit?: string } | null;
  form?: string | null;
  notes?: string | null;
}

export interface NeededMatter {
  id: string;
  name: string;
  nameEn?: string;
  owner: string;
  stage: number | null;
  needed: 'yes' | 'no' | 'unclear';
  reason: string;
  reasonEn?: string;
  promisedLimit?: Limit | null;
  legalLimit?: Limit | null;
}

export type Lamp = 'green' | 'yellow' | 'red' | 'grey';

export type DocumentState = 'given' | 'shared' | 'missing' | 'tolerated' | 'promised';
export interface CaseDocument {
  id: string;
  name?: string;
  nameEn?: string;
  state: DocumentState;
  file?: string | null;
  fileName?: string | null;
  size?: number | null;
  hash?: string | null;
  dueOn?: string | null;
  /** why it is missing or refused, in the officer's words */
  remark?: string | null;
}

export interface Promised {
  document: string;
  kind: string;
  dueOn: string | null;
  state: 'open' | 'kept' | 'broken';
}

export interface Opinion {
  department: string;
  departmentName?: string;
  name?: string;
  who?: string;
  outcome: string;
  text: string;
  reasons?: string[];
  at: string;
}

export interface Step {
  key: string;
  name: string;
  nameEn?: string;
  state: 'done' | 'current' | 'waiting' | 'skipped';
  who?: string | null;
  since?: string | null;
  at?: string | null;
}

export interface Stop {
  kind: string;
  reason: string;
  from: string;
  to: string | null;
  plannedEnd: string | null;
}

export interface PermitRow {
  number: string;
  kind: string;
  name: string;
  nameEn?: string;
  holder: string;
  project?: string;
  issuedAt: string;
  validTo: string | null;
  state: 'valid' | 'revoked' | 'expired';
  code: string;
  case?: string;
}

export interface CaseField {
  id: string;
  type: 'text' | 'number' | 'date' | 'boolean';
  title: string;
}

/** Pages of cases begin at a cursor. */
export interface CasePage {
  items: CaseRow[];
  /** null behind the first page */
  total: number | null;
  next: string | null;
  /** only so many of the newest cases with this variable were looked through */
  bound: { field: string; cases: number } | null;
}

export interface CaseRow {
  variables?: { [id: string]: string | number };
  number: string;
  matter: { id: string; name: string; nameEn?: string };
  state: string;
  lamp: Lamp;
  applicant: { id?: string; name: string } | string;
  project?: { name?: string } | string | null;
  submittedAt: string;
  acceptedAt: string | null;
  dueLegal: string | null;
  duePromised: string | null;
  usedDays: number;
  limitDays: number | null;
  daysLeft: number | null;
  isProvisional: boolean;
  step?: string | null;
  steps?: Step[];
}

export interface TaskRow {
  id: string;
  case: string;
  matter: { id: string; name: string; nameEn?: string } | string;
  name: string;
  nameEn?: string;
  step?: string;
  project?: string | null;
  applicant?: string | null;
  department?: string | null;
  role?: string | null;
  assignee?: string | null;
  created: string;
  due: string | null;
  daysLeft: number | null;
  lamp: Lamp;
  /** asked of one person, about somebody else's task */
  isSignature?: boolean;
  waitsForSignatures?: boolean;
  /** whom the person stands in for */
  actingFor?: string | null;
}

export interface Colleague {
  login: string;
  name: string;
  department: string;
  roles: string[];
}

export interface EarlierStep {
  element: string;
  name: string;
  doneByName?: string | null;
  doneAt?: string | null;
}

export type SignMode = 'before' | 'after' | 'countersign';
export type SignRule = 'all' | 'share' | 'one';

export interface SignRequest {
  mode: SignMode;
  signers: string[];
  rule?: SignRule;
  percent?: number;
  outcome?: string;
  data?: Data;
  reason: string;
}

export interface Signing {
  mode: SignMode;
  reason: string;
  total: number;
  agreed: number;
  refused: number;
  result: string;
  signatures: { login: string; name: string; outcome: string; opinion: string; at: string | null }[];
}

export interface Deputy {
  id: string;
  name: string;
  deputyName: string;
  from: string;
  to: string;
  reason: string;
  isNow: boolean;
}

export interface Case extends CaseRow {
  clock: { running: boolean; stops: Stop[] };
  steps: Step[];
  documents: CaseDocument[];
  promises: Promised[];
  opinions: Opinion[];
  permits: PermitRow[];
  messages: CaseMessage[];
  tasks: TaskRow[];
  needed?: NeededMatter[];
  incidents?: Incident[];
  data?: Data;
  receiptNo?: string;
  version: number;
}

export interface Incident {
  id: number;
  element: string;
  code: string;
  detail: string;
  at: string;
}

export interface IncidentRow extends Incident {
  case: string;
  /** known in the list of incidents */
  process?: string;
  processVersion?: number;
  sentence: string;
}

export interface RepairCheck {
  ok: boolean;
  against: { element: string; code: string; sentence: string }[];
  would: { what: string; element: string; name: string }[];
}

export interface CaseMessage {
  /** of the letter */
  id?: string;
  number?: string;
  kind?: string;
  title?: string;
  text: string;
  from?: string;
  at: string;

}

export interface TraceRule {
  decision: string;
  name?: string;
  rule?: string;
  inputs?: Data;
  matched: boolean;
  reason?: string;
  output?: Json;
}

export interface Task extends TaskRow {
  form?: FormSchema | null;
  data: Data;
  outcomes: string[];
  documents: CaseDocument[];
  checklist?: CaseDocument[];
  opinions: Opinion[];
  signing?: Signing | null;
  trace?: TraceRule[];
  version: number;
}

export interface TimelineEntry {
  at: string;
  kind: string;
  who?: string | null;
  department?: string | null;
  what: string;
  why?: string | null;
  actingFor?: string | null;
  element?: string | null;
}

export interface Diagram {
  bpmn: string;
  tokens: { element: string; since?: string }[];
  done: string[];
  flows: string[];
  /** nodes entered and flows taken, oldest first */
  path: { element: string; at: string }[];
}

export interface ProcessRow {
  id: string;
  package: string;
  path: string;
  version: number;
  name: Words;
  running: number;
  ended: number;
  incidents: number;
  findings: { errors: number; warnings: number };
}

export interface ProcessFinding {
  severity: 'error' | 'warning';
  code: string;
  detail: string;
  element: string;
  /** the shortest way there: elements, one after the other */
  trace?: string[];
}

export interface ProcessVersion {
  version: number;
  loadedAt: string | null;
  isCurrent: boolean;
  running: number;
  ended: number;
  incidents: number;
}

export interface ProcessModel extends Omit<ProcessRow, 'running' | 'ended' | 'incidents' | 'findings'> {
  bpmn: string;
  findings: ProcessFinding[];
  versions: ProcessVersion[];
}

/** All running cases of a process held together: what was ordered, and how far it has come. */
export interface WebhookKind {
  kind: string;
  name: string;
}

export interface WebhookSecret {
  id: number;
  secret: string;
  oldUntil: string | null;
}

export interface Webhook {
  id: number;
  name: string;
  url: string;
  events: string[];
  matters: string[];
  state: 'active' | 'paused';
  by: string;
  at: string;
  delivered: number;
  waiting: number;
  dead: number;
  failures: number;
  failingSince: string | null;
  restsUntil: string | null;
  lastAt: string | null;
  lastError: string;
}

export interface WebhookWish {
  name?: string;
  url?: string;
  events?: string[];
  matters?: string[];
  active?: boolean;
}

export interface WebhookDelivery {
  id: number;
  event: string;
  kind: string;
  case: string;
  at: string;
  tries: number;
  nextAt: string | null;
  deadAt: string | null;
  error: string;
}

export interface HoldOrder {
  id: number;
  process: string;
  /** 0: of all versions */
  version: number;
  phase: 'holding' | 'held' | 'releasing' | 'released';
  refusesStarts: boolean;
  reason: string;
  by: string;
  at: string;
  held: number;
  failed: number;
  failedCase: string;
  failedCode: string;
  endedAt: string | null;
}

export interface ElementFigures {
  element: string;
  name: string;
  kind: string;
  entered: number;
  left: number;
  stays: number;
  medianMs: number;
  p90Ms: number;
  totalMs: number;
}

export interface ProcessStatistics {
  id: string;
  version: number;
  from: string;
  /** the newest steps are still to be counted */
  isPartial: boolean;
  elements: ElementFigures[];
  flows: { flow: string; count: number }[];
}

export interface Draft {
  id: string;
  matter: string;
  matterName?: string;
  data: Data;
  enterpriseId: string | null;
  version: number;
  savedAt: string;
}

export interface Receipt {
  number: string;
  receiptNo: string;
  submittedAt: string;
  dueAcceptance: string | null;
}

export interface FormComponent {
  type: string;
  id?: string;
  key?: string;
  path?: string;
  label?: string;
  description?: string;
  text?: string;
  components?: FormComponent[];
  properties?: { [key: string]: string };
  values?: { label: string; value: string; [key: string]: Json }[];
  validate?: { required?: boolean; [key: string]: Json | undefined };
  conditional?: { hide?: string };
  appearance?: { prefixAdorner?: string; suffixAdorner?: string };
  [key: string]: unknown;
}

export interface FormSchema {
  id?: string;
  type?: string;
  schemaVersion?: number;
  components: FormComponent[];
}

export interface DecisionRow {
  id: string;
  package: string;
  path: string;
  version: number;
  name: Words;
  tables: number;
  findings: { errors: number; warnings: number };
}

/** What a decision asks for: an input, a member of one, an item of a list. */
export interface DecisionInput {
  name: string;
  label?: string;
  type: string;
  allowed: string | null;
  values: Json[] | null;
  suggested?: Json[];
  fields?: DecisionInput[];
  element?: Omit<DecisionInput, 'name'>;
}

export interface DecisionTable {
  decision: string;
  id: string;
  policy: string;
  rules: number;
  inputs: { id: string; label: string; expression: string }[];
  outputs: { id: string; name: string; label: string; values: Json[] }[];
}

export interface DecisionFinding {
  severity: 'error' | 'warning';
  kind: string;
  detail: string;
  decision: string;
  table: string;
  rules: number[];
  column: { of: 'input' | 'output'; index: number } | null;
  example: Json[] | null;
}

export interface DecisionModel extends Omit<DecisionRow, 'tables' | 'findings'> {
  dmn: string;
  decision: string | null;
  decisions: { id: string; name: string }[];
  inputs: DecisionInput[];
  tables: DecisionTable[];
  findings: DecisionFinding[];
}

export type CellState = 'matched' | 'failed' | 'unknown' | 'unseen';

export interface TableTrace {
  id: string;
  inputs: { id: string; label: string; value: Json }[];
  matched: number[];
  rules: { rule: number; cells: CellState[] }[];
}

export interface DecisionChanges {
  rule: number;
  items: { input: string; from: Json; to: Json }[];
  text: string[];
}

export interface DecisionOutcome {
  value: Json;
  notes: string[];
  text: string[];
  steps: { id: string; name: string; tables: TableTrace[] }[];
  changes?: DecisionChanges | null;
}

export interface RegisterRow {
  id: string;
  title: Words;
  total?: number;
}

export interface FieldSchema {
  type?: string | string[];
  title?: string;
  'x-en'?: string;
  'x-class'?: string;
  'x-unit'?: string;
  enum?: Json[];
  format?: string;
  properties?: { [key: string]: FieldSchema };
  items?: FieldSchema;
}

export interface RegisterInfo extends RegisterRow {
  key?: string;
  titleField?: string;
  schema: FieldSchema;
  columns: string[];
  filters: (string | { field: string; values?: Json[] })[];
  sort?: string;
}

export interface RegisterRecord {
  key?: string;
  id?: string;
  [field: string]: Json | undefined;
}

export interface OwnEnterprise {
  id: string;
  enterprise: RegisterRecord | null;
  projects: RegisterRecord[];
}

export interface ProjectLamp {
  id: string;
  name: string;
  lamp: Lamp;
  reason: string;
  reasonEn?: string;
  stage?: string;
  category?: string;
  level?: string | null;
  progressPct?: number | null;
}

export interface Notice {
  id: string;
  title: string;
  text: string;
  kind?: string;
  case?: string | null;
  /** the letter that says it in full */
  letter?: number | null;
  at: string;
  readAt: string | null;
}

export interface Verification {
  state: 'valid' | 'revoked' | 'expired' | 'unknown' | 'invalid';
  reason?: string;
  number?: string;
  name?: string;
  revokedAt?: string | null;
  fields?: { [label: string]: Json } | { label: string; value: Json }[];
  signatures: { algorithm: string; valid: boolean }[];
}

export interface Uploaded {
  id: string;
  name: string;
  size: number;
  hash: string;
  kind?: string;
}

export interface PackageInfo {
  name: string;
  version: string;
  title?: Words;
  sample?: boolean;
  loadedAt?: string;
  counts?: { [kind: string]: number };
  findings?: { level: string; place: string; text: string }[];
}

export interface AuditEntry {
  seq: number;
  at: string;
  actor: string | null;
  action: string;
  object: string | null;
  result: string;
  detail?: string | null;
  hash?: string;
}

export interface Account {
  id: string;
  name: string;
  personName?: string;
  roles: string[];
  department?: string | null;
  isLocked?: boolean;
  lastSeen?: string | null;
}

export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail?: string;
  code?: string;
  errors?: { pointer: string; detail: string }[];
  requestId?: string;
}
