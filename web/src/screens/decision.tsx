// One decision: its table, a form to try it, what it answers and why, what would change that, and what its proof has found.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { api, ApiError } from '../api';
import { Await, Button, Note, ProblemNote, Tag } from '../components/basics';
import { Tabs } from '../components/dialog';
import { Select } from '../components/fields';
import { exampleOf, ValueForm, withValue } from '../components/value-form';
import { t, words } from '../messages';
import { useQuery, type Params } from '../router';
import { plainly, useLoad } from '../state';
import type * as T from '../types';
import { DecisionHost } from '../viewers/hosts';
import { ProofTag } from './decisions';

const REST_MS = 250; // after the last key, before the decision is asked again

interface Trial {
  outcome: T.DecisionOutcome | null;
  problem: T.Problem | null;
  /** what is wrong with an input, by its path */
  mistakes: { [path: string]: string };
}

/** Evaluates whenever the inputs have rested; an answer that has been overtaken is dropped. */
function useTrial(id: string, decision: string | null, inputs: T.Data | null, want: T.Json | undefined): Trial {
  const [trial, setTrial] = useState<Trial>({ outcome: null, problem: null, mistakes: {} });
  const key = JSON.stringify([id, decision, inputs, want]);
  useEffect(() => {
    if (!inputs) return;
    let isCurrent = true;
    const ask = async () => {
      try {
        const outcome = await api.tryDecision(id, decision, inputs, want);
        if (isCurrent) setTrial({ outcome, problem: null, mistakes: {} });
      } catch (error) {
        if (!isCurrent) return;
        const problem = plainly(error);
        const wrong = error instanceof ApiError ? problem.errors?.filter((one) => one.pointer.startsWith('/inputs/')) : undefined;
        const mistakes = Object.fromEntries((wrong ?? []).map((one) => [one.pointer.slice('/inputs/'.length).replaceAll('/', '.'), one.detail]));
        setTrial((before) => ({ ...before, problem, mistakes }));
      }
    };
    const rest = setTimeout(() => void ask(), REST_MS);
    return () => {
      isCurrent = false;
      clearTimeout(rest);
    };
  }, [key]);
  return trial;
}

function shown(value: T.Json | undefined): string {
  if (value === null || value === undefined) return t('decision.empty');
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  if (Array.isArray(value)) return value.length ? value.map(shown).join(t('comma')) : t('none');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A value as people read it: a scalar as text, a context as facts, a list of contexts as a table. */
function Value({ value }: { value: T.Json }) {
  if (Array.isArray(value)) {
    if (!value.length) return <p class="quiet">{t('decision.nothing')}</p>;
    const rows = value.filter((one): one is T.Data => one !== null && typeof one === 'object' && !Array.isArray(one));
    if (rows.length < value.length) return <p>{value.map(shown).join(t('comma'))}</p>;
    const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    return (
      <div class="table-frame tall" tabIndex={0} role="region" aria-label={t('decision.answer.table')}>
        <table class="table cards">
          <thead>
            <tr>
              {names.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index}>
                {names.map((name) => (
                  <td key={name} data-label={name}>
                    {shown(row[name])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    );
  }
  if (value && typeof value === 'object')
    return (
      <dl class="facts">
        {Object.entries(value).map(([name, one]) => (
          <>
            <dt>{name}</dt>
            <dd>{Array.isArray(one) || (one && typeof one === 'object') ? <Value value={one} /> : shown(one)}</dd>
          </>
        ))}
      </dl>
    );
  return <p class="answer">{shown(value)}</p>;
}

function Answer({ trial }: { trial: Trial }) {
  const { outcome, problem, mistakes } = trial;
  return (
    <section class="card stack" aria-labelledby="answer-title">
      <h2 id="answer-title">{t('decision.answer')}</h2>
      <div class="stack" aria-live="polite">
        {problem && !Object.keys(mistakes).length && <ProblemNote problem={problem} />}
        {outcome && (
          <>
            <Value value={outcome.value} />
            <details open={outcome.text.length <= 8}>
              <summary>{t('decision.why')}</summary>
              <ul class="explanation">
                {outcome.text.map((line, index) => (
                  <li key={index}>{line}</li>
                ))}
              </ul>
            </details>
            {outcome.notes.length > 0 && (
              <Note tone="warn" title={t('decision.notes')}>
                <ul>
                  {outcome.notes.map((note) => (
                    <li key={note}>{note}</li>
                  ))}
                </ul>
              </Note>
            )}
          </>
        )}
      </div>
    </section>
  );
}

interface ChangesProps {
  model: T.DecisionModel;
  inputs: T.Data;
  onTry: (inputs: T.Data) => void;
}

function isReached(value: T.Json | undefined, want: T.Json | undefined): boolean {
  if (want && typeof want === 'object' && !Array.isArray(want))
    return Boolean(value) && typeof value === 'object' && !Array.isArray(value) && Object.entries(want).every(([name, one]) => isReached(value?.[name], one));
  return JSON.stringify(value) === JSON.stringify(want);
}

/** "What would have to be different?": a wanted answer, and the fewest changes that lead to it. */
function Changes({ model, inputs, onTry }: ChangesProps) {
  const table = model.tables.find((one) => one.decision === model.decision);
  const outputs = table?.outputs.filter((output) => output.values.length) ?? [];
  const options = outputs.flatMap((output) =>
    output.values.map((value) => ({
      want: outputs.length > 1 || (table?.outputs.length ?? 0) > 1 ? { [output.name]: value } : value,
      text: (table?.outputs.length ?? 0) > 1 ? `${output.label || output.name} = ${shown(value)}` : shown(value),
    })),
  );
  const [chosen, setChosen] = useState('');
  const want = options[Number(chosen)]?.want;
  const trial = useTrial(model.id, model.decision, chosen === '' ? null : inputs, want);
  if (!table || table.policy === 'C' || !options.length) return null;
  const changes = chosen === '' ? undefined : trial.outcome?.changes;
  const isThere = chosen !== '' && isReached(trial.outcome?.value, want);
  const labelOf = (name: string) => model.inputs.find((input) => input.name === name)?.label ?? name;
  const take = () => onTry((changes?.items ?? []).reduce((data, item) => withValue(data, [item.input], item.to), inputs));
  return (
    <section class="card stack" aria-labelledby="changes-title">
      <h2 id="changes-title">{t('changes.title')}</h2>
      <Select
        label={t('changes.want')}
        value={chosen}
        onChange={setChosen}
        options={[{ value: '', text: t('choose') }, ...options.map((option, index) => ({ value: String(index), text: option.text }))]}
      />
      <div aria-live="polite">
        {isThere && <p>{t('changes.already')}</p>}
        {!isThere && changes === null && <p class="quiet">{t('changes.none')}</p>}
        {!isThere && changes && changes.items.length > 0 && (
          <div class="stack">
            <ul class="papers">
              {changes.items.map((item) => (
                <li key={item.input}>
                  <span class="what">
                    <strong>{labelOf(item.input)}</strong>
                  </span>
                  <span>
                    <s class="quiet">{shown(item.from)}</s> → <strong>{shown(item.to)}</strong>
                  </span>
                </li>
              ))}
            </ul>
            <div class="row">
              <Button onClick={take}>{t('changes.try')}</Button>
              <span class="quiet small">{t('changes.rule', changes.rule)}</span>
            </div>
          </div>
        )}
      </div>
    </section>
  );
}

const path = (expression: string) => expression.split('.').map((part) => part.trim());

interface FindingsProps {
  model: T.DecisionModel;
  inputs: T.Data;
  onTry: (finding: T.DecisionFinding, inputs: T.Data) => void;
  onReveal: (finding: T.DecisionFinding) => void;
}

/** What the proof has found, each with an example that can be tried. */
function Findings({ model, inputs, onTry, onReveal }: FindingsProps) {
  const fill = (finding: T.DecisionFinding) => {
    const table = model.tables.find((one) => one.id === finding.table && one.decision === finding.decision);
    return (table?.inputs ?? []).reduce((data, input, index) => withValue(data, path(input.expression), finding.example?.[index] ?? undefined), inputs);
  };
  return (
    <section class="card stack" aria-labelledby="findings-title">
      <header class="row apart">
        <h2 id="findings-title">{t('proof')}</h2>
        <ProofTag errors={model.findings.filter((one) => one.severity === 'error').length} warnings={model.findings.filter((one) => one.severity === 'warning').length} />
      </header>
      {!model.findings.length && <p class="quiet">{t('proof.clean.text')}</p>}
      {model.findings.length > 0 && (
        <ul class="papers">
          {model.findings.map((finding, index) => (
            <li key={index}>
              <span class="what">
                <Tag tone={finding.severity === 'error' ? 'bad' : 'warn'}>{t(`finding.${finding.kind}`)}</Tag> {finding.detail}
                {model.tables.length > 1 && <span class="quiet"> · {finding.decision}</span>}
              </span>
              {finding.rules.length > 0 && (
                <Button kind="plain" onClick={() => onReveal(finding)}>
                  {t('finding.show')}
                </Button>
              )}
              {finding.example && <Button onClick={() => onTry(finding, fill(finding))}>{t('finding.try')}</Button>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** The inputs a case was decided with, if the address names one of its tasks. */
async function inputsOf(task: string, entry: string): Promise<T.Data | null> {
  if (!task) return null;
  const found = await api.task(task);
  return found.trace?.[Number(entry)]?.inputs ?? null;
}

function Decision({ model, given }: { model: T.DecisionModel; given: T.Data | null }) {
  const [inputs, setInputs] = useState<T.Data>(() => given ?? exampleOf(model.inputs));
  const own = model.tables.find((one) => one.decision === model.decision) ?? model.tables[0];
  const [shownTable, setShownTable] = useState(own?.decision ?? '');
  const [reveal, setReveal] = useState<{ rule: number } | null>(null);
  const trial = useTrial(model.id, model.decision, inputs, undefined);
  const table = model.tables.find((one) => one.decision === shownTable);
  const marks = useMemo(
    () => ({
      policy: table?.policy,
      trace: trial.outcome?.steps.flatMap((step) => step.tables).find((one) => one.id === table?.id) ?? null,
      findings: model.findings.filter((one) => one.table === table?.id && one.decision === table.decision),
    }),
    [trial.outcome, table, model],
  );
  const show = (finding: T.DecisionFinding) => {
    setShownTable(finding.decision);
    setReveal(finding.rules[0] ? { rule: finding.rules[0] } : null);
  };
  const attempt = (finding: T.DecisionFinding, next: T.Data) => {
    setInputs(next);
    show(finding);
    if (!finding.rules.length) document.getElementById('answer-title')?.scrollIntoView({ block: 'center' });
  };
  return (
    <div class="sides">
      <div class="stack loose">
        <Answer trial={trial} />
        <section class="card stack" aria-label={t('trace.table')}>
          {model.tables.length > 1 && (
            <Tabs label={t('trace.table')} value={shownTable} onChange={setShownTable} tabs={model.tables.map((one) => ({ value: one.decision, text: one.decision }))} />
          )}
          {model.tables.length ? (
            <DecisionHost xml={model.dmn} decision={shownTable} marks={marks} reveal={reveal} />
          ) : (
            <DecisionHost xml={model.dmn} decision={model.decision ?? undefined} />
          )}
          {model.tables.length > 0 && <p class="quiet small">{t('decision.legend')}</p>}
        </section>
        <Findings model={model} inputs={inputs} onTry={attempt} onReveal={show} />
      </div>
      <aside class="early stack loose">
        <section class="card stack" aria-labelledby="trial-title">
          <header class="row apart">
            <h2 id="trial-title">{t('trial.title')}</h2>
            <Button kind="plain" onClick={() => setInputs(exampleOf(model.inputs))}>
              {t('trial.example')}
            </Button>
          </header>
          <p class="quiet small">{t(given ? 'trial.given' : 'trial.text')}</p>
          <ValueForm inputs={model.inputs} data={inputs} mistakes={trial.mistakes} onChange={setInputs} />
        </section>
        <Changes model={model} inputs={inputs} onTry={setInputs} />
      </aside>
    </div>
  );
}

export function DecisionPage({ id = '' }: Params) {
  const [wanted, setWanted] = useQuery('decision');
  const [task] = useQuery('task');
  const [entry] = useQuery('entry');
  const found = useLoad(`${id}|${wanted}|${task}|${entry}`, async () => ({
    model: await api.decision(id, wanted),
    given: await inputsOf(task, entry).catch(() => null),
  }));
  return (
    <Await of={found}>
      {({ model, given }) => (
        <div class="stack loose">
          <div class="row apart">
            <div class="stack tight">
              <h1>{words(model.name)}</h1>
              <p class="quiet">
                <a href="/decisions">{t('nav.decisions')}</a> · <span class="figure">{model.id}</span> · {model.package} · {t('decision.version', model.version)}
              </p>
            </div>
            {model.decisions.length > 1 && (
              <Select
                label={t('decision.which')}
                value={model.decision ?? ''}
                onChange={setWanted}
                options={[...(model.decision ? [] : [{ value: '', text: t('choose') }]), ...model.decisions.map((one) => ({ value: one.name, text: one.name }))]}
              />
            )}
          </div>
          <Decision key={`${model.decision}|${task}|${entry}`} model={model} given={given} />
        </div>
      )}
    </Await>
  );
}
