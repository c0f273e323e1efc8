// Steps that failed: what, where, why; mend the data and try again, move on by hand, or go on with another version. Each act is checked first.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { Await, Blank, Button, Note, ProblemNote, useAct } from '../components/basics';
import { Dialog } from '../components/dialog';
import { Choices, Select, TextArea } from '../components/fields';
import { Table, type Column } from '../components/table';
import { moment } from '../dates';
import { t } from '../messages';
import { toast, useEvents, useLoad } from '../state';
import type * as T from '../types';

type Way = 'retry' | 'move' | 'migrate';

/** The steps of a drawing by name: enough of its XML for a list to choose from. */
function stepsOf(bpmn: string): { value: string; text: string }[] {
  const steps = [...bpmn.matchAll(/<(?:\w+:)?(?:\w*[tT]ask|callActivity|subProcess|endEvent|\w*Gateway)\b[^>]*>/g)].map(([tag]) => ({
    value: /\bid="([^"]+)"/.exec(tag)?.[1] ?? '',
    text: /\bname="([^"]+)"/.exec(tag)?.[1] ?? '',
  }));
  return steps.filter((step) => step.value && step.text);
}

/** Typed variables: null while what is written cannot be read. */
function read(text: string): T.Data | null {
  if (!text.trim()) return {};
  try {
    const value = JSON.parse(text) as T.Json;
    return value && typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function Check({ of }: { of: T.RepairCheck | null }) {
  if (!of) return null;
  if (of.ok) return <Note tone="good">{t('repair.ok')}</Note>;
  return (
    <Note tone="bad" title={t('repair.against')}>
      <ul>
        {of.against.map((one, index) => (
          <li key={index}>{one.sentence}</li>
        ))}
      </ul>
    </Note>
  );
}

interface RepairProps {
  incident: T.IncidentRow;
  onClose: () => void;
  onDone: () => void;
}

function RepairDialog({ incident, onClose, onDone }: RepairProps) {
  const [way, setWay] = useState<Way>('retry');
  const [variables, setVariables] = useState('');
  const [to, setTo] = useState('');
  const [reason, setReason] = useState('');
  const [check, setCheck] = useState<T.RepairCheck | null>(null);
  const model = useLoad(way === 'move' && incident.process ? incident.process : null, () => api.process(incident.process ?? '', String(incident.processVersion ?? '')));
  const { act, problem, clear } = useAct();
  const given = read(variables);
  const move = { from: incident.element, to, reason };
  const choose = (next: string) => {
    setWay(next as Way);
    setCheck(null);
    clear();
  };
  const tryOut = () => act(async () => setCheck(await (way === 'move' ? api.checkMove(incident.case, move) : api.checkMigration(incident.case))));
  const finish = () =>
    act(async () => {
      if (way === 'retry') await api.retryIncident(incident.case, incident.id, given ?? {}, reason);
      else if (way === 'move') await api.move(incident.case, move);
      else await api.migrate(incident.case, reason);
      toast(t(`repair.${way}.done`));
      onDone();
      onClose();
    });
  const isReady = way === 'retry' ? given !== null : Boolean(check?.ok && reason.trim());
  return (
    <Dialog
      title={t('repair.title', incident.case)}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          {way !== 'retry' && (
            <Button disabled={way === 'move' && !to} onClick={tryOut}>
              {t('repair.check')}
            </Button>
          )}
          <Button kind="main" disabled={!isReady} onClick={finish}>
            {t(`repair.${way}`)}
          </Button>
        </>
      }
    >
      <Note tone="bad" title={incident.sentence}>
        {incident.detail && incident.detail !== incident.sentence && <p>{incident.detail}</p>}
        <p class="quiet small">
          {incident.element} · {moment(incident.at)}
        </p>
      </Note>
      <Choices label={t('repair.way')} value={way} onChange={choose} options={(['retry', 'move', 'migrate'] as const).map((value) => ({ value, text: t(`repair.${value}`) }))} />
      <p class="quiet">{t(`repair.${way}.text`)}</p>
      {way === 'retry' && <TextArea label={t('repair.variables')} hint={t('repair.variables.hint')} value={variables} onInput={setVariables} mistake={given ? null : t('trial.json.wrong')} />}
      {way === 'move' && (
        <Await of={model}>
          {(found) => (
            <Select
              label={t('repair.to')}
              value={to}
              onChange={(next) => {
                setTo(next);
                setCheck(null);
              }}
              options={[{ value: '', text: t('choose') }, ...stepsOf(found.bpmn)]}
            />
          )}
        </Await>
      )}
      <TextArea label={t('withdraw.reason')} value={reason} onInput={setReason} isNeeded={way !== 'retry'} />
      <Check of={check} />
      {problem && <ProblemNote problem={problem} />}
    </Dialog>
  );
}

export function Incidents() {
  const incidents = useLoad('incidents', () => api.incidents({ size: 200 }));
  const [open, setOpen] = useState<T.IncidentRow | null>(null);
  useEvents(['case', 'tasks'], incidents.reload);
  const columns: Column<T.IncidentRow>[] = [
    { key: 'case', title: t('case.number'), isTitle: true, show: (one) => <span class="figure">{one.case}</span> },
    { key: 'process', title: t('process.name'), show: (one) => <a href={`/processes/${encodeURIComponent(one.process ?? '')}?version=${one.processVersion}&view=proof`}>{one.process}</a> },
    { key: 'element', title: t('heat.element'), show: (one) => one.element },
    { key: 'sentence', title: t('incident.why'), show: (one) => one.sentence },
    { key: 'at', title: t('audit.at'), show: (one) => moment(one.at) },
    { key: 'act', title: t('acts'), show: (one) => <Button onClick={() => setOpen(one)}>{t('incident.mend')}</Button> },
  ];
  return (
    <div class="stack loose">
      <div class="stack tight">
        <h1>{t('nav.incidents')}</h1>
        <p class="quiet">{t('incidents.text')}</p>
      </div>
      <Await of={incidents}>
        {(page) =>
          page.items.length ? (
            <Table caption={t('nav.incidents')} columns={columns} rows={page.items} keyOf={(one) => String(one.id)} />
          ) : (
            <Blank icon="check" title={t('incidents.none')}>
              <p>{t('incidents.none.text')}</p>
            </Blank>
          )
        }
      </Await>
      {open && <RepairDialog incident={open} onClose={() => setOpen(null)} onDone={incidents.reload} />}
    </div>
  );
}
