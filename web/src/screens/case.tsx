// One case: where it is, who has it, how long it may take, what is asked of me, what came out, and everything that happened.
import { useRef, useState } from 'preact/hooks';
import { api, newKey } from '../api';
import { Await, Blank, Button, Note, ProblemNote, StateTag, Tag, useAct } from '../components/basics';
import { ClockCard, DocumentList, documentName, isOpen, NeededList, offices, Opinions, ProgressLine, Timeline } from '../components/case-parts';
import { Dialog, Tabs } from '../components/dialog';
import { TextArea } from '../components/fields';
import { Answers, DocumentDrop } from '../components/form-parts';
import { day, fullDay, moment } from '../dates';
import { pagesOf } from '../form-schema';
import { named, t, term } from '../messages';
import { isAdmin, isApplicant } from '../roles';
import { useQuery, type Params } from '../router';
import { session, toast, useEvents, useLoad } from '../state';
import type * as T from '../types';
import { CaseDiagram } from '../viewers/case-diagram';
import { UrgeDialog } from './office';

function nameOf(thing: { name?: string } | string | null | undefined): string {
  return typeof thing === 'string' ? thing : (thing?.name ?? '');
}

/** In one sentence: where it is, who has it, since when. */
function WhereItIs({ one }: { one: T.Case }) {
  const current = one.steps.filter((step) => step.state === 'current');
  if (!isOpen(one.state)) return <p>{t('case.where.ended', term('state', one.state))}</p>;
  if (!current.length) return <p>{t('case.where', one.tasks[0] ? named(one.tasks[0]) : term('state', one.state))}</p>;
  return (
    <p>
      {current
        .map((step) => t(step.who ? 'case.where.who' : 'case.where', named(step), step.who ? offices(step.who) : '', step.since ? day(step.since) : ''))
        .join(' ')}
    </p>
  );
}

function Permits({ permits }: { permits: T.PermitRow[] }) {
  if (!permits.length) return null;
  return (
    <section class="card stack" aria-labelledby="permits-title">
      <h2 id="permits-title">{t('case.permits')}</h2>
      <ul class="papers">
        {permits.map((permit) => (
          <li key={permit.number}>
            <span class="what">
              <strong>{named(permit)}</strong>
              <br />
              <span class="quiet figure">{permit.number}</span>
              <span class="quiet"> · {fullDay(permit.issuedAt)}</span>
            </span>
            <StateTag state={permit.state} />
            <Button icon="download" href={api.permitPdfUrl(permit.number)} download={`${permit.number}.pdf`} label={t('permit.pdf', named(permit))}>
              PDF
            </Button>
            <Button kind="plain" icon="shield" href={`/v/${permit.code}`}>
              {t('permit.check')}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function withName(document: T.CaseDocument, matter: T.Matter | null): T.CaseDocument {
  const known = matter?.documents.find((entry) => entry.id === document.id);
  return { ...document, name: document.name ?? known?.name, nameEn: document.nameEn ?? known?.nameEn };
}

function wantedDocuments(one: T.Case, matter: T.Matter | null): T.CatalogueDocument[] {
  const wanted = one.documents.filter((document) => document.state === 'missing' || document.remark);
  return wanted.map(
    (document) =>
      matter?.documents.find((entry) => entry.id === document.id) ?? {
        id: document.id,
        name: documentName(document),
        source: 'applicant',
        tolerable: false,
        tolerateWorkdays: 0,
        commitment: false,
      },
  );
}

/** What is asked of the applicant: a correction to answer, an inspection to confirm. */
function AskedOfMe({ one, matter, onDone }: { one: T.Case; matter: T.Matter | null; onDone: () => void }) {
  const task = useLoad(one.tasks[0]?.id ?? null, () => api.task(one.tasks[0]?.id ?? ''));
  const [documents, setDocuments] = useState<T.CaseDocument[]>([]);
  const [answer, setAnswer] = useState('');
  const key = useRef(newKey());
  const { act, problem } = useAct();
  if (!one.tasks.length || !task.value) return null;
  const current = task.value;
  const catalogue = wantedDocuments(one, matter);
  const answered = catalogue.filter((entry) => documents.some((given) => given.id === entry.id));
  const letter = [...one.messages].sort((a, b) => b.at.localeCompare(a.at)).find((message) => message.kind === 'correction' || /补正/.test(message.title ?? ''));
  const send = (outcome: string) =>
    act(async () => {
      await api.complete(current, outcome, { answer, documents: documents as unknown as T.Json }, key.current);
      toast(t('asked.sent'));
      onDone();
    });
  const outcomes = current.outcomes.length ? current.outcomes : ['answered'];
  return (
    <section class="card stack" aria-labelledby="asked-title">
      <h2 id="asked-title">{t('asked.title', named(current))}</h2>
      <Note tone="warn" title={letter?.title}>
        <p class="lines">{letter?.text ?? t('asked.text')}</p>
        {current.due && <p>{t('asked.due', day(current.due))}</p>}
      </Note>
      {catalogue.length > 0 && (
        <DocumentDrop
          catalogue={catalogue.map((entry) => ({ ...entry, source: 'applicant' }))}
          documents={documents}
          upload={(kind, file, onProgress) => api.uploadToCase(one.number, kind, file, onProgress)}
          onChange={setDocuments}
        />
      )}
      <TextArea label={t('asked.answer')} hint={t('asked.answer.hint')} value={answer} onInput={setAnswer} />
      {problem && <ProblemNote problem={problem} />}
      {catalogue.length > answered.length && <p class="quiet">{t('asked.still', catalogue.length - answered.length)}</p>}
      <div class="row">
        {outcomes.map((outcome, index) => (
          <Button key={outcome} kind={index === 0 ? 'main' : undefined} onClick={() => send(outcome)}>
            {term('outcome', outcome)}
          </Button>
        ))}
      </div>
    </section>
  );
}

function WithdrawDialog({ number, onClose, onDone }: { number: string; onClose: () => void; onDone: () => void }) {
  const [reason, setReason] = useState('');
  const { act, problem } = useAct();
  const withdraw = () =>
    act(async () => {
      await api.withdraw(number, reason);
      toast(t('withdraw.done'));
      onDone();
      onClose();
    });
  return (
    <Dialog
      title={t('withdraw.title')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="danger" disabled={!reason.trim()} onClick={withdraw}>
            {t('withdraw')}
          </Button>
        </>
      }
    >
      <p>{t('withdraw.text')}</p>
      <TextArea label={t('withdraw.reason')} value={reason} onInput={setReason} isNeeded />
      {problem && <ProblemNote problem={problem} />}
    </Dialog>
  );
}

function TimelineTab({ number, version }: { number: string; version: number }) {
  const timeline = useLoad(`${number}|${version}`, () => api.timeline(number));
  return <Await of={timeline}>{(page) => (page.items.length ? <Timeline entries={page.items} /> : <Blank title={t('timeline.none')} />)}</Await>;
}

function DiagramTab({ number, version }: { number: string; version: number }) {
  const diagram = useLoad(`${number}|${version}`, () => api.diagram(number));
  return <Await of={diagram}>{(value) => <CaseDiagram diagram={value} />}</Await>;
}

function DataTab({ one, matter }: { one: T.Case; matter: T.Matter | null }) {
  const schema = useLoad(matter?.form ?? null, () => api.form(matter?.form ?? ''));
  if (!one.data) return <p class="quiet">{t('answers.none')}</p>;
  const { data } = one;
  return <Await of={schema}>{(form) => <Answers pages={pagesOf(form)} data={data} />}</Await>;
}

export function CasePage({ number = '' }: Params) {
  const who = session.get();
  const found = useLoad(number, () => api.case(number));
  const matter = useLoad(found.value?.matter.id ?? null, () => api.matter(found.value?.matter.id ?? ''));
  const [tab, setTab] = useQuery('view', 'documents');
  const [isLeaving, setLeaving] = useState(false);
  const [isUrging, setUrging] = useState(false);
  useEvents(['case', 'tasks'], found.reload);
  return (
    <Await of={found}>
      {(one) => {
        const tabs = [
          { value: 'documents', text: t('case.documents') },
          { value: 'opinions', text: t('case.opinions') },
          { value: 'messages', text: t('case.messages') },
          { value: 'timeline', text: t('case.timeline') },
          { value: 'diagram', text: t('case.diagram') },
          ...(one.data ? [{ value: 'data', text: t('case.data') }] : []),
          ...(one.needed?.length ? [{ value: 'needed', text: t('case.needed') }] : []),
        ];
        const isMine = isApplicant(who);
        return (
          <div class="stack loose">
            <div class="row apart">
              <div class="stack tight">
                <h1>{nameOf(one.project) || named(one.matter)}</h1>
                <p class="quiet">
                  {named(one.matter)} · <span class="figure">{one.number}</span> · {nameOf(one.applicant)}
                </p>
              </div>
              <div class="row">
                <StateTag state={one.state} />
                <Button kind="plain" icon="print" href={`/receipt/${one.number}`}>
                  {t('receipt.title')}
                </Button>
                {isMine && isOpen(one.state) && !one.tasks.length && (
                  <Button icon="bell" onClick={() => setUrging(true)}>
                    {t('urge')}
                  </Button>
                )}
                {isMine && isOpen(one.state) && (
                  <Button kind="danger" onClick={() => setLeaving(true)}>
                    {t('withdraw')}
                  </Button>
                )}
              </div>
            </div>
            {one.incidents?.map((incident) => (
              <Note key={incident.id} tone="bad" title={t('incident.title')}>
                <p>{incident.detail || incident.code}</p>
                {isAdmin(who) && <Button href="/incidents">{t('incident.mend')}</Button>}
              </Note>
            ))}
            <section class="card stack" aria-label={t('case.progress')}>
              {one.steps.length > 0 && <ProgressLine steps={one.steps} />}
              <WhereItIs one={one} />
            </section>
            <div class="sides">
              <div class="stack loose">
                {isMine && <AskedOfMe one={one} matter={matter.value} onDone={found.reload} />}
                <Permits permits={one.permits} />
                <section class="card stack">
                  <Tabs label={t('case.views')} value={tab} tabs={tabs} onChange={setTab} />
                  <div role="tabpanel" aria-label={tabs.find((entry) => entry.value === tab)?.text} tabIndex={0}>
                    {tab === 'documents' && (
                      <div class="stack">
                        <DocumentList documents={one.documents.map((document) => withName(document, matter.value))} />
                        {one.promises.length > 0 && (
                          <>
                            <h3>{t('case.promises')}</h3>
                            <ul class="papers">
                              {one.promises.map((promise) => (
                                <li key={promise.document}>
                                  <span class="what">
                                    {promise.document} · {term('promise', promise.kind)}
                                    {promise.dueOn && <span class="quiet"> · {t('document.due', day(promise.dueOn))}</span>}
                                  </span>
                                  <Tag tone={promise.state === 'broken' ? 'bad' : promise.state === 'kept' ? 'good' : 'warn'}>
                                    {term('promise-state', promise.state)}
                                  </Tag>
                                </li>
                              ))}
                            </ul>
                          </>
                        )}
                      </div>
                    )}
                    {tab === 'opinions' && <Opinions opinions={one.opinions} />}
                    {tab === 'messages' &&
                      (one.messages.length ? (
                        <div class="stack">
                          {one.messages.map((message) => (
                            <article key={message.at + message.text} class="opinion">
                              <header>
                                <strong>{message.title ?? t('case.message')}</strong>
                                <span class="quiet small">{moment(message.at)}</span>
                              </header>
                              <p class="lines">{message.text}</p>
                              {message.id && (
                                <Button kind="plain" icon="download" href={api.letterUrl(message.id)} download={`${message.number ?? message.id}.pdf`}>
                                  {t('letter.download')}
                                </Button>
                              )}
                            </article>
                          ))}
                        </div>
                      ) : (
                        <p class="quiet">{t('messages.none')}</p>
                      ))}
                    {tab === 'timeline' && <TimelineTab number={one.number} version={one.version} />}
                    {tab === 'diagram' && <DiagramTab number={one.number} version={one.version} />}
                    {tab === 'data' && <DataTab one={one} matter={matter.value} />}
                    {tab === 'needed' && one.needed && <NeededList items={one.needed} />}
                  </div>
                </section>
              </div>
              <aside class="early">
                <ClockCard one={one} />
              </aside>
            </div>
            {isUrging && <UrgeDialog number={one.number} onClose={() => setUrging(false)} />}
            {isLeaving && <WithdrawDialog number={one.number} onClose={() => setLeaving(false)} onDone={found.reload} />}
          </div>
        );
      }}
    </Await>
  );
}
