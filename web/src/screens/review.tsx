// The review pane: what was asked, what was handed in, what others think, which rules spoke; then an opinion with its reasons.
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, newKey } from '../api';
import { Await, Button, Note, ProblemNote, Tag, useAct } from '../components/basics';
import { DocumentList, Opinions, outcomeTone } from '../components/case-parts';
import { Dialog, Tabs } from '../components/dialog';
import { Choices, Select, TextArea, TextField } from '../components/fields';
import { Answers, FormHost } from '../components/form-parts';
import { day, daysLeft } from '../dates';
import { asksFor, inLanguage, ownData, pagesOf } from '../form-schema';
import { language, named, t, term } from '../messages';
import { isHead } from '../roles';
import { lastDone, session, toast, useLoad } from '../state';
import type * as T from '../types';
import { SendBackDialog, SignDialog, SigningState, TransferDialog } from './office';
import { isTyping } from './worklist';

function Trace({ task, rules }: { task: string; rules: T.TraceRule[] }) {
  if (!rules.length) return <p class="quiet">{t('trace.none')}</p>;
  return (
    <ul class="papers">
      {rules.map((rule, index) => (
        <li key={index}>
          <span class="what">
            <strong>{rule.name ?? rule.decision}</strong> {rule.rule && <span class="quiet">{rule.rule}</span>}
            {rule.reason && <Reason text={rule.reason} />}
          </span>
          <Button kind="plain" icon="list" href={`/decisions/${encodeURIComponent(rule.decision)}?task=${task}&entry=${index}`}>
            {t('trace.open')}
          </Button>
        </li>
      ))}
    </ul>
  );
}

const SHOWN_LINES = 4;

/** An explanation, a line a fact; what a first look does not need is folded away. */
function Reason({ text }: { text: string }) {
  const lines = text.trimEnd().split('\n');
  const isLong = lines.length > SHOWN_LINES + 1;
  return (
    <span class="quiet reason">
      {(isLong ? lines.slice(0, SHOWN_LINES) : lines).join('\n')}
      {isLong && (
        <details>
          <summary>{t('trace.more', String(lines.length - SHOWN_LINES))}</summary>
          {lines.slice(SHOWN_LINES).join('\n')}
        </details>
      )}
    </span>
  );
}

const stopKinds = ['补齐补正', '专家评审', '公示', '听证', '检验检测鉴定', '整改', '供地程序', '委托技术评审'];

function StopDialog({ task, kinds, onClose, onDone }: { task: T.Task; kinds: string[]; onClose: () => void; onDone: () => void }) {
  const [kind, setKind] = useState(kinds[0] ?? '');
  const [reason, setReason] = useState('');
  const [days, setDays] = useState('10');
  const { act, problem } = useAct();
  const stop = () =>
    act(async () => {
      await api.stopClock(task.case, kind, reason, Number(days));
      toast(t('stop.done'));
      onDone();
      onClose();
    });
  return (
    <Dialog
      title={t('stop.title')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="main" disabled={!reason.trim() || !(Number(days) > 0)} onClick={stop}>
            {t('stop.do')}
          </Button>
        </>
      }
    >
      <p>{t('stop.text')}</p>
      <Select label={t('stop.kind')} value={kind} onChange={setKind} options={kinds.map((value) => ({ value, text: term('stop', value) }))} />
      <TextField label={t('stop.days')} type="number" value={days} onInput={setDays} isNeeded />
      <TextArea label={t('stop.reason')} hint={t('stop.reason.hint')} value={reason} onInput={setReason} isNeeded />
      {problem && <ProblemNote problem={problem} />}
    </Dialog>
  );
}

/** For the head of a department: extend the limit, once. */
function ExtendDialog({ task, onClose, onDone }: { task: T.Task; onClose: () => void; onDone: () => void }) {
  const [reason, setReason] = useState('');
  const { act, problem } = useAct();
  const finish = () =>
    act(async () => {
      await api.extend(task.case, reason);
      toast(t('extend.done'));
      onDone();
      onClose();
    });
  return (
    <Dialog
      title={t('extend.title')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="main" disabled={!reason.trim()} onClick={finish}>
            {t('extend.do')}
          </Button>
        </>
      }
    >
      <p>{t('extend.text')}</p>
      <TextArea label={t('extend.reason')} value={reason} onInput={setReason} isNeeded />
      {problem && <ProblemNote problem={problem} />}
    </Dialog>
  );
}

type Open = 'stop' | 'extend' | 'transfer' | 'sign' | 'send-back' | null;

interface ReviewProps {
  task: T.Task;
  one: T.Case;
  matter: T.Matter | null;
  schema: T.FormSchema | null;
  onDone: () => void;
  onChanged: () => void;
}

function Review({ task, one, matter, schema, onDone, onChanged }: ReviewProps) {
  const who = session.get();
  const [tab, setTab] = useState('data');
  const [outcome, setOutcome] = useState('');
  const [opinion, setOpinion] = useState('');
  const [reasons, setReasons] = useState('');
  const [open, setOpen] = useState<Open>(null);
  const form = useRef<T.Data>({});
  const key = useRef(newKey());
  const { act, problem } = useAct();
  const isNegative = outcomeTone(outcome) === 'bad';
  const isStopped = one.clock.stops.some((stop) => !stop.to);
  const canSend = Boolean(outcome) && opinion.trim().length > 0 && (!isNegative || reasons.trim().length > 0);
  const send = () =>
    act(async () => {
      const list = reasons.split('\n').map((line) => line.trim()).filter(Boolean);
      await api.complete(task, outcome, { ...form.current, opinion, reasons: list }, key.current);
      toast(t('review.done', term('outcome', outcome)));
      if (!task.isSignature) lastDone.set({ task: String(task.id), case: task.case, name: named(task), outcome: term('outcome', outcome) });
      onDone();
    });
  const choose = (next: string) => {
    setOutcome(next);
    if (!opinion) setOpinion(outcomeTone(next) === 'good' ? t('review.standard') : '');
  };
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (isTyping(event)) return;
      const tone = { a: 'good', r: 'bad' }[event.key];
      const wanted = tone && task.outcomes.find((entry) => outcomeTone(entry) === tone);
      if (!wanted) return;
      event.preventDefault();
      choose(wanted);
      document.querySelector<HTMLElement>('[data-opinion] textarea')?.focus();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  });
  const tabs = [
    { value: 'data', text: t('case.data') },
    { value: 'documents', text: `${t('case.documents')} ${task.documents.length}` },
    { value: 'opinions', text: `${t('case.opinions')} ${task.opinions.length}` },
    { value: 'trace', text: t('review.trace') },
  ];
  return (
    <article class="card stack loose">
      <header class="row apart">
        <div class="stack tight">
          <h2>{named(task)}</h2>
          <p class="quiet">
            {task.project || task.applicant} · <a class="figure" href={`/cases/${task.case}`}>{task.case}</a> · {named(task.matter)}
          </p>
        </div>
        {task.actingFor && <Tag tone="accent">{t('task.acting', task.actingFor)}</Tag>}
        <Tag tone={task.lamp === 'red' ? 'bad' : task.lamp === 'yellow' ? 'warn' : 'accent'}>{daysLeft(task.daysLeft, task.due)}</Tag>
      </header>
      {isStopped && (
        <Note tone="warn" icon="pause" title={t('clock.stopped', one.clock.stops.filter((stop) => !stop.to).map((stop) => term('stop', stop.kind)).join(t('comma')))}>
          <Button
            onClick={() =>
              act(async () => {
                await api.resumeClock(task.case);
                toast(t('resume.done'));
                onChanged();
              })
            }
          >
            {t('resume')}
          </Button>
        </Note>
      )}
      <div class="stack">
        <Tabs label={t('case.views')} value={tab} tabs={tabs} onChange={setTab} />
        <div role="tabpanel" aria-label={tabs.find((entry) => entry.value === tab)?.text} tabIndex={0}>
          {tab === 'data' && (schema ? <Answers pages={pagesOf(schema)} data={task.data} /> : <p class="quiet">{t('answers.none')}</p>)}
          {tab === 'documents' && <DocumentList documents={task.documents.map((document) => ({ ...document, name: document.name ?? matter?.documents.find((entry) => entry.id === document.id)?.name }))} />}
          {tab === 'opinions' && <Opinions opinions={task.opinions} />}
          {tab === 'trace' && <Trace task={String(task.id)} rules={task.trace ?? []} />}
        </div>
      </div>
      <SigningState task={task} onChanged={onChanged} />
      {!task.isSignature && (
        <div class="row no-print" role="group" aria-label={t('office')}>
          <Button icon="user" onClick={() => setOpen('transfer')}>
            {t('transfer')}
          </Button>
          {!task.waitsForSignatures && (
            <Button icon="edit" onClick={() => setOpen('sign')}>
              {t('sign')}
            </Button>
          )}
          <Button icon="left" onClick={() => setOpen('send-back')}>
            {t('send-back')}
          </Button>
        </div>
      )}
      {!task.waitsForSignatures && (
        <section class="stack" aria-labelledby="decide-title">
          <h3 id="decide-title">{t(task.isSignature ? 'sign.yours' : 'review.decide')}</h3>
          {task.form && !asksFor(task.form) && inLanguage(task.form.components).map((one) => <p key={one.id} class="quiet">{one.text ?? one.label}</p>)}
          {task.form && asksFor(task.form) && (
            <FormHost components={task.form.components} data={task.data} identity={`${task.id}|${language()}`} onChange={(data) => (form.current = ownData(task.form?.components ?? [], data))} />
          )}
          <Choices label={t('review.outcome')} value={outcome} onChange={choose} options={task.outcomes.map((value) => ({ value, text: term('outcome', value) }))} />
          <div data-opinion>
            <TextArea label={t('review.opinion')} hint={t('review.opinion.hint')} value={opinion} onInput={setOpinion} isNeeded />
          </div>
          {isNegative && <TextArea label={t('review.reasons')} hint={t('review.reasons.hint')} value={reasons} onInput={setReasons} isNeeded />}
          {problem && <ProblemNote problem={problem} />}
          <div class="row apart">
            <Button kind={isNegative ? 'danger' : 'main'} disabled={!canSend} onClick={send}>
              {outcome ? t('review.send', term('outcome', outcome)) : t('review.choose')}
            </Button>
            <span class="row">
              {!isStopped && (
                <Button icon="pause" onClick={() => setOpen('stop')}>
                  {t('stop')}
                </Button>
              )}
              {isHead(who) && (
                <Button icon="clock" onClick={() => setOpen('extend')}>
                  {t('extend')}
                </Button>
              )}
            </span>
          </div>
          <p class="quiet small">{t('keys.review')}</p>
        </section>
      )}
      {task.due && <p class="quiet small">{t('review.due', day(task.due))}</p>}
      {open === 'stop' && <StopDialog task={task} kinds={stopKinds} onClose={() => setOpen(null)} onDone={onChanged} />}
      {open === 'extend' && <ExtendDialog task={task} onClose={() => setOpen(null)} onDone={onChanged} />}
      {open === 'transfer' && <TransferDialog task={task} onClose={() => setOpen(null)} onDone={onDone} />}
      {open === 'send-back' && <SendBackDialog task={task} onClose={() => setOpen(null)} onDone={onDone} />}
      {open === 'sign' && <SignDialog task={task} own={{ outcome, data: { ...form.current, opinion } }} onClose={() => setOpen(null)} onDone={onChanged} />}
    </article>
  );
}

export function ReviewPane({ id, onDone }: { id: string; onDone: () => void }) {
  const all = useLoad(id, async () => {
    const task = await api.task(id);
    const one = await api.case(task.case);
    const matter = await api.matter(one.matter.id).catch(() => null);
    const schema = matter?.form ? await api.form(matter.form).catch(() => null) : null;
    return { task, one, matter, schema };
  });
  return <Await of={all}>{(found) => <Review {...found} onDone={onDone} onChanged={all.reload} />}</Await>;
}
