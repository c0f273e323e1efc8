// How an office shares a task: hand it on, ask for signatures, send it back, take it back, say who stands in.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { api } from '../api';
import { Await, Button, Note, ProblemNote, Tag, useAct } from '../components/basics';
import { outcomeTone } from '../components/case-parts';
import { Dialog } from '../components/dialog';
import { Check, Choices, Select, TextArea, TextField } from '../components/fields';
import { day, moment } from '../dates';
import { named, t, term } from '../messages';
import { lastDone, session, toast, useLoad } from '../state';
import type * as T from '../types';

interface ActDialogProps {
  title: string;
  text?: string;
  doText: string;
  isReady: boolean;
  act: () => Promise<unknown>;
  doneText: string;
  onClose: () => void;
  onDone: () => void;
  children: ComponentChildren;
}

/** A dialog that does one thing: says what, asks what it needs, does it, says that it is done. */
function ActDialog(props: ActDialogProps) {
  const { act, problem } = useAct();
  const finish = () =>
    act(async () => {
      await props.act();
      toast(props.doneText);
      props.onDone();
      props.onClose();
    });
  return (
    <Dialog
      title={props.title}
      onClose={props.onClose}
      actions={
        <>
          <Button onClick={props.onClose}>{t('cancel')}</Button>
          <Button kind="main" disabled={!props.isReady} onClick={finish}>
            {props.doText}
          </Button>
        </>
      }
    >
      {props.text && <p>{props.text}</p>}
      {props.children}
      {problem && <ProblemNote problem={problem} />}
    </Dialog>
  );
}

interface TaskDialogProps {
  task: T.Task;
  onClose: () => void;
  onDone: () => void;
}

const personText = (one: T.Colleague) => `${one.name} · ${one.roles.map((role) => term('role', role)).join(t('comma'))}`;

export function TransferDialog({ task, onClose, onDone }: TaskDialogProps) {
  const colleagues = useLoad(task.id, () => api.colleagues(task.id));
  const [to, setTo] = useState('');
  const [reason, setReason] = useState('');
  return (
    <ActDialog
      title={t('transfer.title')}
      text={t('transfer.text')}
      doText={t('transfer')}
      doneText={t('transfer.done')}
      isReady={Boolean(to && reason.trim())}
      act={() => api.transfer(task.id, to, reason)}
      onClose={onClose}
      onDone={onDone}
    >
      <Await of={colleagues}>
        {(page) =>
          page.items.length ? (
            <Select
              label={t('transfer.to')}
              value={to}
              onChange={setTo}
              options={[{ value: '', text: t('choose') }, ...page.items.map((one) => ({ value: one.login, text: personText(one) }))]}
            />
          ) : (
            <Note tone="warn">{t('transfer.nobody')}</Note>
          )
        }
      </Await>
      <TextArea label={t('withdraw.reason')} value={reason} onInput={setReason} isNeeded />
    </ActDialog>
  );
}

export function SendBackDialog({ task, onClose, onDone }: TaskDialogProps) {
  const earlier = useLoad(task.id, () => api.earlier(task.id));
  const [element, setElement] = useState('');
  const [reason, setReason] = useState('');
  return (
    <ActDialog
      title={t('send-back.title')}
      text={t('send-back.text')}
      doText={t('send-back')}
      doneText={t('send-back.done')}
      isReady={Boolean(element && reason.trim())}
      act={() => api.sendBack(task.id, element, reason)}
      onClose={onClose}
      onDone={onDone}
    >
      <Await of={earlier}>
        {(page) =>
          page.items.length ? (
            <Choices
              label={t('send-back.to')}
              value={element}
              onChange={setElement}
              options={page.items.map((one) => ({ value: one.element, text: [named(one), one.doneByName, one.doneAt && day(one.doneAt)].filter(Boolean).join(' · ') }))}
            />
          ) : (
            <Note tone="warn">{t('send-back.nowhere')}</Note>
          )
        }
      </Await>
      <TextArea label={t('withdraw.reason')} hint={t('send-back.hint')} value={reason} onInput={setReason} isNeeded />
    </ActDialog>
  );
}

/** What the pane has been filled with so far: a decision that others are to sign afterwards. */
export interface OwnDecision {
  outcome: string;
  data: T.Data;
}

export function SignDialog({ task, own, onClose, onDone }: TaskDialogProps & { own: OwnDecision }) {
  const departments = useLoad('departments', () => api.records('department', { size: 200 }));
  const [department, setDepartment] = useState(task.department ?? '');
  const colleagues = useLoad(`${task.id}|${department}`, () => api.signers(task.id, department));
  const [mode, setMode] = useState<T.SignMode>('before');
  const [chosen, setChosen] = useState<T.Colleague[]>([]);
  const [rule, setRule] = useState<T.SignRule>('all');
  const [percent, setPercent] = useState('60');
  const [reason, setReason] = useState('');
  const has = (one: T.Colleague) => chosen.some((other) => other.login === one.login);
  const toggle = (one: T.Colleague) => setChosen(has(one) ? chosen.filter((other) => other.login !== one.login) : [...chosen, one]);
  const lacksDecision = mode === 'after' && !own.outcome;
  const ask = () =>
    api.sign(task.id, {
      mode,
      signers: chosen.map((one) => one.login),
      reason,
      ...(mode === 'countersign' ? { rule, ...(rule === 'share' ? { percent: Number(percent) } : {}) } : {}),
      ...(mode === 'after' ? { outcome: own.outcome, data: own.data } : {}),
    });
  return (
    <ActDialog
      title={t('sign.title')}
      doText={t('sign.do')}
      doneText={t('sign.done')}
      isReady={chosen.length > 0 && !lacksDecision && (rule !== 'share' || Number(percent) > 0)}
      act={ask}
      onClose={onClose}
      onDone={onDone}
    >
      <Choices
        label={t('sign.mode')}
        value={mode}
        onChange={(value) => setMode(value as T.SignMode)}
        options={(['before', 'after', 'countersign'] as const).map((value) => ({ value, text: t(`sign.mode.${value}`) }))}
      />
      <p class="quiet">{t(`sign.mode.${mode}.text`)}</p>
      {mode === 'after' && (lacksDecision ? <Note tone="warn">{t('sign.after.choose')}</Note> : <p>{t('sign.after.own', term('outcome', own.outcome))}</p>)}
      {mode === 'countersign' && (
        <div class="row">
          <Select
            label={t('sign.rule')}
            value={rule}
            onChange={(value) => setRule(value as T.SignRule)}
            options={(['all', 'share', 'one'] as const).map((value) => ({ value, text: t(`sign.rule.${value}`) }))}
          />
          {rule === 'share' && <TextField label={t('sign.percent')} type="number" value={percent} onInput={setPercent} />}
        </div>
      )}
      <Select
        label={t('account.department')}
        value={department}
        onChange={setDepartment}
        options={(departments.value?.items ?? []).map((one) => ({ value: String(one.key ?? one.id), text: term('department', String(one.key ?? one.id)) }))}
      />
      <fieldset>
        <legend class="label">{t('sign.signers')}</legend>
        <Await of={colleagues}>
          {(page) =>
            page.items.length ? (
              <div class="stack tight">
                {page.items.map((one) => (
                  <Check key={one.login} checked={has(one)} onChange={() => toggle(one)}>
                    {personText(one)}
                  </Check>
                ))}
              </div>
            ) : (
              <p class="quiet">{t('sign.nobody')}</p>
            )
          }
        </Await>
      </fieldset>
      {chosen.length > 0 && <p>{t('sign.chosen', chosen.map((one) => one.name).join(t('comma')))}</p>}
      <TextArea label={t('sign.reason')} value={reason} onInput={setReason} />
    </ActDialog>
  );
}

/** Who was asked, who has signed, what they said; the asker may take it back while it is open. */
export function SigningState({ task, onChanged }: { task: T.Task; onChanged: () => void }) {
  const { act, problem } = useAct();
  const { signing } = task;
  if (!signing) return null;
  const cancel = () =>
    act(async () => {
      await api.cancelSigning(task.id);
      toast(t('sign.cancelled'));
      onChanged();
    });
  return (
    <Note tone={task.waitsForSignatures ? 'warn' : 'accent'} icon={task.waitsForSignatures ? 'pause' : 'info'} title={t('sign.state', t(`sign.mode.${signing.mode}`), signing.agreed + signing.refused, signing.total)}>
      {signing.reason && <p>{signing.reason}</p>}
      <ul class="papers">
        {signing.signatures.map((one) => (
          <li key={one.login}>
            <span class="what">
              {one.name}
              {one.opinion && <span class="quiet"> · {one.opinion}</span>}
            </span>
            {one.outcome ? <Tag tone={outcomeTone(one.outcome)}>{term('outcome', one.outcome)}</Tag> : <Tag>{t('sign.open')}</Tag>}
            {one.at && <span class="quiet small">{moment(one.at)}</span>}
          </li>
        ))}
      </ul>
      {problem && <ProblemNote problem={problem} />}
      {task.waitsForSignatures && !task.isSignature && <Button onClick={cancel}>{t('sign.cancel')}</Button>}
    </Note>
  );
}

/** What one has just done can be taken back while nobody has acted on it. */
export function TakeBackNote({ onDone }: { onDone: () => void }) {
  const done = lastDone.use();
  const { act, problem } = useAct();
  if (!done) return null;
  const takeBack = () =>
    act(async () => {
      await api.takeBack(done.task);
      lastDone.set(null);
      toast(t('take-back.done'));
      onDone();
    });
  return (
    <Note tone="good">
      <p>
        <strong>{t('take-back.title', done.name, done.outcome)}</strong>
      </p>
      <p>{t('take-back.text', done.case)}</p>
      {problem && <ProblemNote problem={problem} />}
      <div class="row">
        {!problem && <Button onClick={takeBack}>{t('take-back')}</Button>}
        <Button kind="plain" onClick={() => lastDone.set(null)}>
          {t('take-back.keep')}
        </Button>
      </div>
    </Note>
  );
}

export function UrgeDialog({ number, onClose }: { number: string; onClose: () => void }) {
  const [note, setNote] = useState('');
  return (
    <ActDialog title={t('urge.title')} text={t('urge.text')} doText={t('urge')} doneText={t('urge.done')} isReady act={() => api.urge(number, note)} onClose={onClose} onDone={() => undefined}>
      <TextArea label={t('urge.note')} value={note} onInput={setNote} />
    </ActDialog>
  );
}

/** Who stands in while one is away. */
export function Deputies() {
  const who = session.get();
  const department = who?.person.department ?? '';
  const deputies = useLoad('deputies', api.deputies);
  const staff = useLoad(department || null, () => api.records('staff', { 'filter.department': department, size: 200 }));
  const [deputy, setDeputy] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [reason, setReason] = useState('');
  const { act, problem } = useAct();
  const save = () =>
    act(async () => {
      await api.setDeputy(deputy, from, to, reason);
      setDeputy('');
      setReason('');
      toast(t('deputy.done'));
      deputies.reload();
    });
  const end = (id: string) =>
    act(async () => {
      await api.endDeputy(id);
      toast(t('deputy.ended'));
      deputies.reload();
    });
  const isMistaken = Boolean(from && to && to < from);
  return (
    <section class="card stack" aria-labelledby="deputy-title">
      <h2 id="deputy-title">{t('deputy.title')}</h2>
      <p class="quiet">{t('deputy.text')}</p>
      <Await of={deputies}>
        {(page) =>
          page.items.length ? (
            <ul class="papers">
              {page.items.map((one) => (
                <li key={one.id}>
                  <span class="what">
                    {t('deputy.row', one.name, one.deputyName)}
                    <br />
                    <span class="quiet">
                      {day(one.from)} – {day(one.to)}
                      {one.reason && ` · ${one.reason}`}
                    </span>
                  </span>
                  {one.isNow && <Tag tone="good">{t('deputy.now')}</Tag>}
                  <Button onClick={() => end(one.id)}>{t('deputy.end')}</Button>
                </li>
              ))}
            </ul>
          ) : (
            <p class="quiet">{t('deputy.none')}</p>
          )
        }
      </Await>
      <Select
        label={t('deputy.who')}
        value={deputy}
        onChange={setDeputy}
        options={[{ value: '', text: t('choose') }, ...(staff.value?.items ?? []).map((one) => ({ value: String(one.key ?? one.id), text: `${String(one['name'])} · ${String(one['role'] ?? '')}` }))]}
      />
      <div class="row">
        <TextField label={t('deputy.from')} type="date" value={from} onInput={setFrom} />
        <TextField label={t('deputy.to')} type="date" value={to} onInput={setTo} mistake={isMistaken ? t('deputy.days') : null} />
      </div>
      <TextField label={t('deputy.reason')} value={reason} onInput={setReason} />
      {problem && <ProblemNote problem={problem} />}
      <div class="row">
        <Button kind="main" disabled={!deputy || !from || !to || isMistaken} onClick={save}>
          {t('deputy.set')}
        </Button>
      </div>
    </section>
  );
}
