// Every component in its states: for whoever adds a screen, and for the tests. The words on it are samples.
import { useState } from 'preact/hooks';
import { Blank, Button, Facts, Lamp, Note, ProblemNote, StateTag, Tag, Waiting } from '../components/basics';
import { ClockCard, DocumentList, Limits, NeededList, Opinions, ProgressLine, Timeline } from '../components/case-parts';
import { Dialog, Tabs } from '../components/dialog';
import { Check, Choices, Search, Select, TextArea, TextField } from '../components/fields';
import { DocumentDrop } from '../components/form-parts';
import { Qr } from '../components/qr';
import { Pager, Table } from '../components/table';
import { t } from '../messages';
import { toast } from '../state';
import type * as T from '../types';

const sampleCase: T.Case = {
  number: 'GX-2026-000001',
  matter: { id: 'A304', name: '建筑工程施工许可证', nameEn: 'Construction permit' },
  state: 'stopped',
  lamp: 'yellow',
  applicant: { name: '示例机械有限公司' },
  project: { name: '示例厂房项目' },
  submittedAt: '2026-11-16T09:12:00+08:00',
  acceptedAt: '2026-11-17T10:00:00+08:00',
  dueLegal: '2026-12-16T00:00:00+08:00',
  duePromised: '2026-11-27T00:00:00+08:00',
  usedDays: 7,
  limitDays: 10,
  daysLeft: 3,
  isProvisional: true,
  clock: { running: false, stops: [{ kind: '专家评审', reason: '结构方案专家评审', from: '2026-11-20T09:00:00+08:00', to: null, plannedEnd: '2026-12-04' }] },
  steps: [],
  documents: [],
  promises: [],
  opinions: [],
  permits: [],
  messages: [],
  tasks: [],
  version: 1,
};

const steps: T.Step[] = [
  { key: 'sheet1', name: '提交申请', nameEn: 'Submitted', state: 'done', at: '2026-11-16T09:12:00+08:00' },
  { key: 'sheet2', name: '受理', nameEn: 'Accepted', state: 'done', at: '2026-11-17T10:00:00+08:00' },
  { key: 'sheet3', name: '部门审查', nameEn: 'Review', state: 'current', who: '建设局', since: '2026-11-17T10:00:00+08:00' },
  { key: 'sheet4', name: '会签决定', nameEn: 'Decision', state: 'waiting' },
  { key: 'sheet5', name: '发证', nameEn: 'Issue', state: 'waiting' },
];

const catalogue: T.CatalogueDocument[] = [
  { id: 'F16', name: '建设工程设计方案(总平面、单体)', nameEn: 'Design scheme', source: 'applicant', tolerable: false, tolerateWorkdays: 0, commitment: false },
  { id: 'F24', name: '施工合同与中标通知书', nameEn: 'Construction contract', source: 'applicant', tolerable: true, tolerateWorkdays: 5, commitment: false },
  { id: 'F02', name: '营业执照(电子证照)', nameEn: 'Business licence', source: 'shared', tolerable: false, tolerateWorkdays: 0, commitment: false },
];

const documents: T.CaseDocument[] = [
  { id: 'F16', name: '建设工程设计方案', nameEn: 'Design scheme', state: 'given', fileName: '总平面图.pdf', size: 2400000 },
  { id: 'F24', name: '施工合同', nameEn: 'Construction contract', state: 'tolerated', dueOn: '2026-11-30' },
  { id: 'F02', name: '营业执照', nameEn: 'Business licence', state: 'shared' },
  { id: 'F19', name: '勘察报告', nameEn: 'Survey report', state: 'missing', remark: '缺第 3 页' },
  { id: 'F26', name: '危大工程清单', nameEn: 'List of dangerous works', state: 'promised' },
];

function Part({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <section class="card stack" aria-label={name}>
      <h2>{name}</h2>
      {children}
    </section>
  );
}

export function ComponentSheet() {
  const [text, setText] = useState('');
  const [choice, setChoice] = useState('a');
  const [tick, setTick] = useState(true);
  const [tab, setTab] = useState('a');
  const [isOpen, setOpen] = useState(false);
  const [given, setGiven] = useState<T.CaseDocument[]>([]);
  const options = [
    { value: 'a', text: t('outcome.agree') },
    { value: 'b', text: t('outcome.conditions') },
    { value: 'c', text: t('outcome.refuse') },
  ];
  return (
    <div class="stack loose">
      <h1>{t('sheet.title')}</h1>
      <p class="quiet">{t('sheet.text')}</p>
      <Part name={t('sheet.buttons')}>
        <div class="row">
          <Button kind="main">{t('save')}</Button>
          <Button>{t('cancel')}</Button>
          <Button kind="danger">{t('withdraw')}</Button>
          <Button kind="plain">{t('edit')}</Button>
          <Button disabled>{t('form.send')}</Button>
          <Button icon="print" shortcut="P">
            {t('print')}
          </Button>
          <Button onClick={() => toast(t('saved'))}>{t('sheet.toast')}</Button>
          <Button onClick={() => setOpen(true)}>{t('sheet.dialog')}</Button>
        </div>
      </Part>
      <Part name={t('sheet.fields')}>
        <div class="grid">
          <TextField label={t('project.floorAreaM2')} hint={t('form.number')} value={text} onInput={setText} isNeeded />
          <TextField label={t('project.landHa')} mistake={t('form.required', t('project.landHa'))} value="" onInput={() => undefined} />
          <TextField label={t('project.start')} type="date" value="2026-12-01" onInput={() => undefined} />
          <Select label={t('case.state')} value={choice} options={options} onChange={setChoice} />
        </div>
        <TextArea label={t('review.opinion')} value={text} onInput={setText} />
        <Choices label={t('review.outcome')} value={choice} options={options} onChange={setChoice} />
        <Check checked={tick} onChange={setTick}>
          {t('promise.tick')}
        </Check>
        <Search label={t('home.search')} value="" onSearch={() => undefined} />
      </Part>
      <Part name={t('sheet.lamps')}>
        <div class="row">
          <Lamp colour="green">{t('lamp.green')}</Lamp>
          <Lamp colour="yellow">{t('lamp.yellow')}</Lamp>
          <Lamp colour="red">{t('lamp.red')}</Lamp>
          <Lamp colour="grey">{t('lamp.grey')}</Lamp>
        </div>
        <div class="row">
          {['submitted', 'correction', 'accepted', 'review', 'stopped', 'granted', 'refused', 'withdrawn', 'closed'].map((state) => (
            <StateTag key={state} state={state} />
          ))}
          <Tag tone="accent">{t('matter.online')}</Tag>
        </div>
        <Limits of={{ legalLimit: { n: 20, unit: 'workday' }, promisedLimit: { n: 3, unit: 'workday' } }} />
      </Part>
      <Part name={t('case.progress')}>
        <ProgressLine steps={steps} />
        <ProgressLine steps={steps} isSmall />
      </Part>
      <ClockCard one={sampleCase} />
      <Part name={t('sheet.documents')}>
        <DocumentList documents={documents} />
        <DocumentDrop
          catalogue={catalogue}
          documents={given}
          onChange={setGiven}
          canPromise
          upload={(_kind, file, onProgress) =>
            new Promise((done) => {
              onProgress(0.6);
              setTimeout(() => done({ id: 'sample', name: file.name, size: file.size, hash: '0123456789abcdef' }), 800);
            })
          }
        />
      </Part>
      <Part name={t('case.needed')}>
        <NeededList
          items={[
            { id: 'A202', name: '建设工程规划许可证', nameEn: 'Planning permit', owner: 'NRB', stage: 2, needed: 'yes', reason: 'project.floorAreaM2 > 0' },
            { id: 'A106', name: '节能审查', nameEn: 'Energy review', owner: 'EOB', stage: 1, needed: 'unclear', reason: 'project.energyTce = null' },
            { id: 'A203', name: '人防', nameEn: 'Civil air defence', owner: 'CDO', stage: 2, needed: 'no', reason: 'project.civilFloorAreaM2 = 0' },
          ]}
        />
      </Part>
      <Part name={t('case.opinions')}>
        <Opinions
          opinions={[
            { department: 'NRB', outcome: 'agree', text: '符合规划条件。', at: '2026-11-18T15:20:00+08:00' },
            { department: 'EEB', outcome: 'refuse', text: '环评文件与工艺不符。', reasons: ['《环境影响评价法》第二十四条'], at: '2026-11-19T10:02:00+08:00' },
          ]}
        />
      </Part>
      <Part name={t('case.timeline')}>
        <Timeline
          entries={[
            { at: '2026-11-16T09:12:00+08:00', kind: 'submitted', what: '提交申请', who: '张三' },
            { at: '2026-11-17T10:00:00+08:00', kind: 'accepted', what: '受理', who: '李四', department: 'ASB', why: '材料齐全' },
          ]}
        />
      </Part>
      <Part name={t('sheet.table')}>
        <Table
          caption={t('case.documents')}
          rows={documents}
          keyOf={(row) => row.id}
          sort="id"
          onSort={() => undefined}
          isSelected={(row) => row.id === 'F24'}
          columns={[
            { key: 'id', title: t('document.code'), canSort: true, show: (row) => row.id },
            { key: 'name', title: t('document.name'), show: (row) => row.name },
            { key: 'size', title: t('document.size'), isNumber: true, show: (row) => row.size ?? '–' },
          ]}
        />
        <Pager page={2} size={20} total={125} onPage={() => undefined} />
        <Tabs label={t('case.views')} value={tab} onChange={setTab} tabs={options} />
        <Facts items={[[t('case.number'), 'GX-2026-000001'], [t('case.project'), '示例厂房项目']]} />
        <Qr text="https://example.org/v/sample" label={t('receipt.qr')} />
      </Part>
      <Part name={t('sheet.states')}>
        <Note title={t('draft.prefilled')} />
        <Note tone="good">{t('receipt.done')}</Note>
        <Note tone="warn">{t('clock.provisional')}</Note>
        <ProblemNote problem={{ title: t('error.offline'), status: 0 }} retry={() => undefined} />
        <ProblemNote problem={{ title: '', status: 403 }} />
        <Blank title={t('home.cases.none')} />
        <Waiting isSample />
      </Part>
      {isOpen && (
        <Dialog title={t('sheet.dialog')} onClose={() => setOpen(false)} actions={<Button kind="main">{t('save')}</Button>}>
          <p>{t('sheet.text')}</p>
        </Dialog>
      )}
    </div>
  );
}
