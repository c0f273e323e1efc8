// One process: its drawing, with what the check of the model has found, or how warm each element has been: how often, how long.
import { useMemo, useState } from 'preact/hooks';
import { api } from '../api';
import { Await, Button, Note, Tag } from '../components/basics';
import { Tabs } from '../components/dialog';
import { Choices, Select } from '../components/fields';
import { Table, type Column } from '../components/table';
import { Walk } from '../components/walk';
import { moment, number, span } from '../dates';
import { t, words } from '../messages';
import { useQuery, type Params } from '../router';
import { isOperator } from '../roles';
import { session, useLoad } from '../state';
import type * as T from '../types';
import { wayTo } from '../viewers/case-diagram';
import type { Look, Mark } from '../viewers/diagram';
import { DiagramHost } from '../viewers/hosts';
import { ProofTag } from './decisions';
import { Holds } from './holds';

/** Warmth in five shades, by the root of the size: one element that takes months does not turn all others white. */
function heatOf(statistics: T.ProcessStatistics, measure: (one: T.ElementFigures) => number, say: (one: T.ElementFigures) => string): Mark[] {
  const warm = statistics.elements.filter((one) => measure(one) > 0);
  const most = Math.max(...warm.map(measure));
  return warm.map((one) => ({
    element: one.element,
    look: `heat-${Math.max(1, Math.ceil(Math.sqrt(measure(one) / most) * 5))}` as Look,
    text: say(one),
  }));
}

const waits = (one: T.ElementFigures) => one.stays > 0 && one.p90Ms >= 1000;

function Heat({ model, version }: { model: T.ProcessModel; version: string }) {
  const [days, setDays] = useQuery('days', '90');
  const [by, setBy] = useQuery('by', 'count');
  const statistics = useLoad(`${model.id}|${version}|${days}`, () => api.statistics(model.id, version, days));
  const marks = useMemo(() => {
    if (!statistics.value) return [];
    if (by === 'time') return heatOf(statistics.value, (one) => (waits(one) ? one.medianMs : 0), (one) => span(one.medianMs));
    return heatOf(statistics.value, (one) => one.entered, (one) => number(one.entered));
  }, [statistics.value, by]);
  const columns: Column<T.ElementFigures>[] = [
    { key: 'name', title: t('heat.element'), isTitle: true, show: (one) => one.name },
    { key: 'entered', title: t('heat.entered'), isNumber: true, show: (one) => number(one.entered) },
    { key: 'median', title: t('heat.median'), isNumber: true, show: (one) => (waits(one) ? span(one.medianMs) : '') },
    { key: 'p90', title: t('heat.p90'), isNumber: true, show: (one) => (waits(one) ? span(one.p90Ms) : '') },
  ];
  return (
    <div class="stack">
      <div class="row">
        <Choices
          isSmall
          hideLabel
          label={t('heat.by')}
          value={by}
          onChange={setBy}
          options={['count', 'time'].map((value) => ({ value, text: t(`heat.by.${value}`) }))}
        />
        <Choices
          isSmall
          hideLabel
          label={t('heat.period')}
          value={days}
          onChange={setDays}
          options={['7', '30', '90', '365'].map((value) => ({ value, text: t('heat.days', value) }))}
        />
      </div>
      <DiagramHost bpmn={model.bpmn} label={words(model.name)} marks={marks} legend={t(`heat.legend.${by}`)} />
      <Await of={statistics}>
        {(found) => (
          <>
            {found.isPartial && <Note tone="warn">{t('heat.partial')}</Note>}
            {found.elements.length ? (
              <Table caption={t('heat.table')} columns={columns} rows={found.elements.filter((one) => one.name).sort((a, b) => b.totalMs - a.totalMs || b.entered - a.entered)} keyOf={(one) => one.element} />
            ) : (
              <p class="quiet">{t('heat.none')}</p>
            )}
          </>
        )}
      </Await>
    </div>
  );
}

function Findings({ model }: { model: T.ProcessModel }) {
  const [shown, setShown] = useState<T.ProcessFinding | null>(null);
  const [at, setAt] = useState<number | null>(null);
  const trace = shown?.trace ?? [];
  const marks = useMemo((): Mark[] => {
    const found: Mark[] = model.findings
      .filter((finding) => finding.element)
      .map((finding) => ({ element: finding.element, look: 'found', text: '!', title: finding.detail }));
    return at === null ? found : [...wayTo(trace, at + 1), ...found];
  }, [model, at, shown]);
  const here = at === null ? shown?.element : trace[at];
  const focus = useMemo(() => (here ? { element: here } : null), [here, shown]);
  const show = (finding: T.ProcessFinding, from: number | null) => {
    setShown({ ...finding });
    setAt(from);
  };
  return (
    <div class="stack">
      <DiagramHost bpmn={model.bpmn} label={words(model.name)} marks={marks} focus={focus} />
      {trace.length > 1 && <Walk label={t('finding.walk')} count={trace.length} at={at} onMove={setAt} />}
      {!model.findings.length && <p class="quiet">{t('process.clean')}</p>}
      {model.findings.length > 0 && (
        <ul class="papers">
          {model.findings.map((finding, index) => (
            <li key={index}>
              <span class="what">
                <Tag tone={finding.severity === 'error' ? 'bad' : 'warn'}>{t(`severity.${finding.severity}`)}</Tag> {finding.detail}
              </span>
              {finding.element && (
                <Button kind="plain" onClick={() => show(finding, null)}>
                  {t('finding.show.diagram')}
                </Button>
              )}
              {finding.trace && finding.trace.length > 1 && (
                <Button icon="play" onClick={() => show(finding, 0)}>
                  {t('finding.walk')}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Versions({ model }: { model: T.ProcessModel }) {
  const columns: Column<T.ProcessVersion>[] = [
    {
      key: 'version',
      title: t('package.version'),
      isTitle: true,
      show: (one) => (
        <span class="row">
          <a href={`/processes/${encodeURIComponent(model.id)}?version=${one.version}`}>{t('decision.version', one.version)}</a>
          {one.isCurrent && <Tag tone="good">{t('process.current')}</Tag>}
        </span>
      ),
    },
    { key: 'loadedAt', title: t('package.loaded'), show: (one) => moment(one.loadedAt) },
    { key: 'running', title: t('process.running'), isNumber: true, show: (one) => number(one.running) },
    { key: 'ended', title: t('process.ended'), isNumber: true, show: (one) => number(one.ended) },
    { key: 'incidents', title: t('process.incidents'), isNumber: true, show: (one) => number(one.incidents) },
  ];
  return <Table caption={t('process.versions')} columns={columns} rows={model.versions} keyOf={(one) => String(one.version)} />;
}

export function ProcessPage({ id = '' }: Params) {
  const [version, setVersion] = useQuery('version');
  const [view, setView] = useQuery('view', 'heat');
  const mayHold = isOperator(session.use());
  const found = useLoad(`${id}|${version}`, () => api.process(id, version));
  return (
    <Await of={found}>
      {(model) => (
        <div class="stack loose">
          <div class="row apart">
            <div class="stack tight">
              <h1>{words(model.name)}</h1>
              <p class="quiet">
                <a href="/processes">{t('nav.processes')}</a> · <span class="figure">{model.id}</span> · {model.package} · {t('decision.version', model.version)}
              </p>
            </div>
            <div class="row">
              <ProofTag errors={model.findings.filter((one) => one.severity === 'error').length} warnings={model.findings.filter((one) => one.severity === 'warning').length} />
              {model.versions.length > 1 && (
                <Select
                  label={t('package.version')}
                  value={String(model.version)}
                  onChange={setVersion}
                  options={model.versions.map((one) => ({ value: String(one.version), text: t('decision.version', one.version) }))}
                />
              )}
            </div>
          </div>
          <section class="card stack">
            <Tabs
              label={t('process.views')}
              value={view}
              onChange={setView}
              tabs={[
                { value: 'heat', text: t('process.heat') },
                { value: 'proof', text: `${t('proof')} ${model.findings.length || ''}` },
                { value: 'versions', text: t('process.versions') },
                ...(mayHold ? [{ value: 'holds', text: t('process.holds') }] : []),
              ]}
            />
            <div role="tabpanel" tabIndex={0} aria-label={t('process.views')}>
              {view === 'heat' && <Heat key={model.version} model={model} version={String(model.version)} />}
              {view === 'proof' && <Findings key={model.version} model={model} />}
              {view === 'versions' && <Versions model={model} />}
              {view === 'holds' && mayHold && <Holds model={model} />}
            </div>
          </section>
        </div>
      )}
    </Await>
  );
}
