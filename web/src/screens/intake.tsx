// Window intake: one look at every document for all departments, then one act: accept, accept with promises, ask once, or refuse.
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, newKey } from '../api';
import { Await, Button, Note, ProblemNote, Tag, useAct } from '../components/basics';
import { documentName } from '../components/case-parts';
import { Check, Choices, TextArea } from '../components/fields';
import { Answers } from '../components/form-parts';
import { day, daysLeft, fullDay } from '../dates';
import { pagesOf } from '../form-schema';
import { named, t } from '../messages';
import { toast, useLoad } from '../state';
import type * as T from '../types';
import { isTyping } from './worklist';

type Mark = 'given' | 'missing' | 'tolerated' | 'promised';
interface Line {
  document: T.CatalogueDocument;
  mark: Mark | 'shared';
  file: string | null;
  fileName: string | null;
  remark: string;
}

function linesOf(task: T.Task, matter: T.Matter | null): Line[] {
  const listed = task.checklist?.length ? task.checklist : task.documents;
  const ids = new Set([...(matter?.documents.map((one) => one.id) ?? []), ...listed.map((one) => one.id)]);
  return [...ids].map((id) => {
    const found = listed.find((one) => one.id === id) ?? task.documents.find((one) => one.id === id);
    const known = matter?.documents.find((one) => one.id === id);
    const document: T.CatalogueDocument = known ?? { id, name: found ? documentName(found) : id, source: 'applicant', tolerable: false, tolerateWorkdays: 0, commitment: false };
    return {
      document,
      mark: found?.state ?? (document.source === 'shared' ? 'shared' : 'missing'),
      file: found?.file ?? null,
      fileName: found?.fileName ?? null,
      remark: found?.remark ?? '',
    };
  });
}

function marksFor(line: Line): Mark[] {
  return ['given', 'missing', ...(line.document.tolerable ? (['tolerated'] as const) : []), ...(line.document.commitment ? (['promised'] as const) : [])];
}

function Checklist({ lines, onChange }: { lines: Line[]; onChange: (lines: Line[]) => void }) {
  const set = (id: string, change: Partial<Line>) => onChange(lines.map((line) => (line.document.id === id ? { ...line, ...change } : line)));
  return (
    <ul class="papers">
      {lines.map((line) => (
        <li key={line.document.id}>
          <span class="what">
            <span class="code">{line.document.id}</span>
            {named(line.document)}
            {line.fileName && <span class="quiet"> · {line.fileName}</span>}
            {line.mark === 'tolerated' && <span class="quiet"> · {t('document.tolerable', line.document.tolerateWorkdays)}</span>}
          </span>
          {line.file && <Button kind="plain" icon="file" href={api.fileUrl(line.file)} download label={t('document.download', named(line.document))} />}
          {line.mark === 'shared' ? (
            <Tag tone="accent">{t('document-state.shared')}</Tag>
          ) : (
            <Choices
              isSmall
              hideLabel
              label={named(line.document)}
              value={line.mark}
              onChange={(mark) => set(line.document.id, { mark: mark as Mark })}
              options={marksFor(line).map((mark) => ({ value: mark, text: t(`check.${mark}`) }))}
            />
          )}
          {line.mark === 'missing' && (
            <input
              class="input"
              aria-label={t('check.remark', named(line.document))}
              placeholder={t('check.remark.hint')}
              value={line.remark}
              onInput={(event) => set(line.document.id, { remark: event.currentTarget.value })}
            />
          )}
        </li>
      ))}
    </ul>
  );
}

function letterText(outcome: string, task: T.Task, lines: Line[], reason: string): string {
  const missing = lines.filter((line) => line.mark === 'missing');
  const list = missing.map((line, index) => `${index + 1}. ${line.document.id} ${named(line.document)}${line.remark ? `${t('colon')}${line.remark}` : ''}`).join('\n');
  const soft = lines
    .filter((line) => line.mark === 'tolerated' || line.mark === 'promised')
    .map((line, index) => `${index + 1}. ${line.document.id} ${named(line.document)}`)
    .join('\n');
  const to = task.applicant ?? '';
  return t(`letter.${outcome}`, to, task.project ?? '', list || t('none'), soft || t('none'), reason || '—', fullDay(new Date().toISOString()));
}

/** At the window an outcome has its own word: to refuse is not to accept, to promise is to accept with documents that follow. */
const outcomeWord = (outcome: string): string => t(`window.outcome.${kindOf(outcome)}`);

const kindOf = (outcome: string): 'accept' | 'promise' | 'correct' | 'refuse' => {
  if (/refuse|reject/.test(outcome)) return 'refuse';
  if (/correct|supplement/.test(outcome)) return 'correct';
  return /promise|tolerat/.test(outcome) ? 'promise' : 'accept';
};

/** What the checklist allows: the same four rows as the acceptance decision (D04), which the server applies in any case. */
function fits(kind: ReturnType<typeof kindOf>, lines: Line[]): boolean {
  const hasMissing = lines.some((line) => line.mark === 'missing');
  const hasSoft = lines.some((line) => line.mark === 'tolerated' || line.mark === 'promised');
  if (kind === 'accept') return !hasMissing && !hasSoft;
  if (kind === 'promise') return !hasMissing && hasSoft;
  if (kind === 'correct') return hasMissing;
  return true;
}

function Intake({ task, matter, schema, onDone }: { task: T.Task; matter: T.Matter | null; schema: T.FormSchema | null; onDone: () => void }) {
  const [lines, setLines] = useState(() => linesOf(task, matter));
  const [reason, setReason] = useState('');
  const [preview, setPreview] = useState<string | null>(null);
  const [isSure, setSure] = useState(false);
  const key = useRef(newKey());
  const { act, problem } = useAct();
  const hasPromise = task.outcomes.some((outcome) => kindOf(outcome) === 'promise');
  const allows = (outcome: string) => {
    const kind = kindOf(outcome);
    return fits(kind, lines) || (kind === 'accept' && !hasPromise && fits('promise', lines));
  };
  const send = (outcome: string) =>
    act(async () => {
      const documents = lines.map((line) => {
        const before = task.documents.find((one) => one.id === line.document.id);
        return { ...(before ?? { id: line.document.id }), state: line.mark, ...(line.remark ? { remark: line.remark } : {}) };
      });
      const missing = lines.filter((line) => line.mark === 'missing').map((line) => ({ id: line.document.id, name: line.document.name, reason: line.remark }));
      await api.complete(task, outcome, { documents: documents as unknown as T.Json, missing, reason, reasons: reason.trim() ? [reason.trim()] : [] }, key.current);
      toast(t('intake.done', outcomeWord(outcome)));
      onDone();
    });
  const choose = (outcome: string) => {
    if (!allows(outcome)) return;
    setPreview(outcome);
    setSure(false);
  };
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (isTyping(event)) return;
      const wanted = { a: ['accept', 'promise'], r: ['correct'] }[event.key];
      const outcome = wanted && task.outcomes.find((one) => wanted.includes(kindOf(one)) && allows(one));
      if (outcome) choose(outcome);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  });
  const mustExplain = preview !== null && kindOf(preview) === 'refuse';
  return (
    <article class="card stack loose">
      <header class="row apart">
        <div class="stack tight">
          <h2>{task.project || task.applicant}</h2>
          <p class="quiet">
            {named(task.matter)} · <a class="figure" href={`/cases/${task.case}`}>{task.case}</a> · {task.applicant}
          </p>
        </div>
        <Tag tone={task.lamp === 'red' ? 'bad' : task.lamp === 'yellow' ? 'warn' : 'accent'}>{daysLeft(task.daysLeft, task.due)}</Tag>
      </header>
      <section class="stack tight" aria-labelledby="checklist-title">
        <h3 id="checklist-title">{t('intake.checklist')}</h3>
        <p class="quiet">{t('intake.once')}</p>
        <Checklist lines={lines} onChange={setLines} />
      </section>
      {schema && (
        <details>
          <summary>{t('intake.form')}</summary>
          <Answers pages={pagesOf(schema)} data={task.data} />
        </details>
      )}
      <section class="stack" aria-labelledby="outcome-title">
        <h3 id="outcome-title">{t('intake.outcome')}</h3>
        <div class="row">
          {task.outcomes.map((outcome) => (
            <Button
              key={outcome}
              kind={kindOf(outcome) === 'refuse' ? 'danger' : preview === outcome ? 'main' : undefined}
              shortcut={kindOf(outcome) === 'accept' ? 'A' : kindOf(outcome) === 'correct' ? 'R' : undefined}
              disabled={!allows(outcome)}
              pressed={preview === outcome}
              onClick={() => choose(outcome)}
            >
              {outcomeWord(outcome)}
            </Button>
          ))}
        </div>
        {preview && (
          <>
            <TextArea
              label={t(mustExplain ? 'intake.reason' : 'intake.remark')}
              hint={mustExplain ? t('intake.reason.hint') : undefined}
              value={reason}
              onInput={setReason}
              isNeeded={mustExplain}
            />
            <div class="letter" aria-label={t('intake.letter')} role="group">
              <h3>{t(`letter.${kindOf(preview)}.title`)}</h3>
              {letterText(kindOf(preview), task, lines, reason)}
            </div>
            <Check checked={isSure} onChange={setSure}>
              {t('intake.sure')}
            </Check>
            <div class="row">
              <Button kind={kindOf(preview) === 'refuse' ? 'danger' : 'main'} disabled={!isSure || (mustExplain && !reason.trim())} onClick={() => send(preview)}>
                {t('intake.send', outcomeWord(preview))}
              </Button>
              <Button kind="plain" onClick={() => setPreview(null)}>
                {t('cancel')}
              </Button>
            </div>
          </>
        )}
      </section>
      {problem && <ProblemNote problem={problem} />}
      {task.due && <Note>{t('intake.law', day(task.due))}</Note>}
    </article>
  );
}

export function IntakePane({ id, onDone }: { id: string; onDone: () => void }) {
  const all = useLoad(id, async () => {
    const task = await api.task(id);
    const matterId = typeof task.matter === 'string' ? task.matter : task.matter.id;
    const matter = await api.matter(matterId).catch(() => null);
    const schema = matter?.form ? await api.form(matter.form).catch(() => null) : null;
    return { task, matter, schema };
  });
  return <Await of={all}>{({ task, matter, schema }) => <Intake task={task} matter={matter} schema={schema} onDone={onDone} />}</Await>;
}
