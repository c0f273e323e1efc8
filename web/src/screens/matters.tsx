// Matters: the list by stage, and one matter: what it needs, how long it takes, which others the project needs and why.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { Await, Blank, Button, Facts, ProblemNote, Tag, useAct } from '../components/basics';
import { Limits, NeededList, offices } from '../components/case-parts';
import { Check, Search, Select, TextField } from '../components/fields';
import { named, t, term } from '../messages';
import { useQuery, type Params } from '../router';
import { useLoad } from '../state';
import type * as T from '../types';

export function MatterCards({ matters }: { matters: T.MatterRow[] }) {
  return (
    <div class="grid">
      {matters.map((matter) => (
        <a key={matter.id} class="card stack tight" href={`/matters/${matter.id}`}>
          <strong>{named(matter)}</strong>
          <span class="quiet">{matter.ownerName ?? term('department', matter.owner)}</span>
          <Limits of={matter} />
          {matter.apply && <span><Tag tone="good">{t('matter.online')}</Tag></span>}
        </a>
      ))}
    </div>
  );
}

export function Matters() {
  const [q, setQ] = useQuery('q');
  const [stage, setStage] = useQuery('stage');
  const matters = useLoad(`${q}|${stage}`, () => api.matters({ q, stage, size: 100 }));
  return (
    <div class="stack loose">
      <h1>{t('nav.matters')}</h1>
      <div class="row end">
        <div class="grow">
          <Search label={t('home.search')} value={q} onSearch={setQ} />
        </div>
        <Select
          label={t('matter.stage')}
          value={stage}
          onChange={setStage}
          options={['', '1', '2', '3', '4'].map((value) => ({ value, text: value ? t(`stage.${value}`) : t('all') }))}
        />
      </div>
      <Await of={matters}>
        {(page) => (page.items.length ? <MatterCards matters={page.items} /> : <Blank icon="search" title={t('matters.none', q)} />)}
      </Await>
    </div>
  );
}

const figures = ['investmentWan', 'floorAreaM2', 'civilFloorAreaM2', 'landHa', 'earthworkM3', 'energyTce', 'electricityMWh'];
const flags = ['specialFire', 'explosive', 'roadWork', 'greenland', 'siteDrainage'];
const kinds = ['', '报告书', '报告表', '登记表', '豁免'];
const lands = ['', '出让', '划拨', '租赁', '已有用地'];

/** Key facts of the project, then: which matters are needed, and why. */
function NeededForm({ matter }: { matter: string }) {
  const [values, setValues] = useState<{ [name: string]: string }>({});
  const [ticks, setTicks] = useState<{ [name: string]: boolean }>({});
  const [items, setItems] = useState<T.NeededMatter[] | null>(null);
  const { act, problem } = useAct();
  const ask = () =>
    act(async () => {
      const project: T.Data = {};
      for (const name of figures) project[name] = values[name] ? Number(values[name]) : null;
      for (const name of flags) project[name] = Boolean(ticks[name]);
      project['eiaClass'] = values['eiaClass'] || null;
      project['landMode'] = values['landMode'] || null;
      setItems((await api.needed(matter, project)).items);
    });
  return (
    <section class="card stack" aria-labelledby="needed-title">
      <h2 id="needed-title">{t('needed.title')}</h2>
      <p class="quiet">{t('needed.text')}</p>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void ask();
        }}
      >
        <div class="grid">
          {figures.map((name) => (
            <TextField
              key={name}
              type="number"
              label={t(`project.${name}`)}
              value={values[name] ?? ''}
              onInput={(value) => setValues({ ...values, [name]: value })}
            />
          ))}
          <Select
            label={t('project.eiaClass')}
            value={values['eiaClass'] ?? ''}
            onChange={(value) => setValues({ ...values, eiaClass: value })}
            options={kinds.map((value) => ({ value, text: value ? term('eia', value) : t('unknown') }))}
          />
          <Select
            label={t('project.landMode')}
            value={values['landMode'] ?? ''}
            onChange={(value) => setValues({ ...values, landMode: value })}
            options={lands.map((value) => ({ value, text: value ? term('land', value) : t('unknown') }))}
          />
        </div>
        <fieldset>
          <legend class="unseen">{t('project.flags')}</legend>
          <div class="grid">
            {flags.map((name) => (
              <Check key={name} checked={Boolean(ticks[name])} onChange={(tick) => setTicks({ ...ticks, [name]: tick })}>
                {t(`project.${name}`)}
              </Check>
            ))}
          </div>
        </fieldset>
        <div>
          <Button type="submit">{t('needed.ask')}</Button>
        </div>
      </form>
      {problem && <ProblemNote problem={problem} />}
      {items && (
        <div aria-live="polite">
          <NeededList items={items} />
        </div>
      )}
    </section>
  );
}

function DocumentTable({ documents }: { documents: T.CatalogueDocument[] }) {
  return (
    <ul class="papers">
      {documents.map((one) => (
        <li key={one.id}>
          <span class="what">
            <span class="code">{one.id}</span>
            {named(one)}
          </span>
          <span class="row">
            <Tag tone={one.source === 'shared' ? 'good' : undefined}>{t(`source.${one.source}`)}</Tag>
            {one.tolerable && <Tag tone="warn">{t('document.tolerable', one.tolerateWorkdays)}</Tag>}
            {one.commitment && <Tag tone="accent">{t('document.commitment')}</Tag>}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Prerequisites by name: each entry must be met; inside an entry one of several will do. */
function Prerequisites({ entries }: { entries: string[] }) {
  const all = useLoad('matters', () => api.matters({ size: 200 }));
  const nameOf = (id: string) => named(all.value?.items.find((one) => one.id === id)) || id;
  return (
    <ul class="stack tight">
      {entries.map((entry) => (
        <li key={entry}>
          {entry.split('|').map((id, index) => (
            <>
              {index > 0 && t('or')}
              <a href={`/matters/${id}`}>{nameOf(id)}</a>
            </>
          ))}
        </li>
      ))}
    </ul>
  );
}

export function MatterPage({ id }: Params) {
  const matter = useLoad(id ?? '', () => api.matter(id ?? ''));
  return (
    <Await of={matter}>
      {(one) => (
        <div class="stack loose">
          <nav aria-label={t('nav.path')}>
            <a href="/matters">{t('nav.matters')}</a>
          </nav>
          <div class="row apart">
            <div class="stack tight">
              <h1>{named(one)}</h1>
              <p class="quiet">
                {one.stage ? `${t(`stage.${one.stage}`)} · ` : ''}
                {one.ownerName ?? term('department', one.owner)}
              </p>
            </div>
            {one.apply && (
              <Button kind="main" href={`/apply/${one.id}`}>
                {t('matter.apply')}
              </Button>
            )}
          </div>
          <div class="sides">
            <div class="stack loose">
              <section class="card" aria-labelledby="documents-title">
                <h2 id="documents-title">{t('matter.documents', one.documents.length)}</h2>
                <DocumentTable documents={one.documents} />
              </section>
              {one.group === 'approval' && <NeededForm matter={one.id} />}
            </div>
            <aside class="stack loose">
              <section class="card stack">
                <h2>{t('matter.limits')}</h2>
                <Limits of={one} />
                {one.legalLimit?.note && <p class="quiet small">{one.legalLimit.note}</p>}
                {one.stopClock.length > 0 && (
                  <p class="quiet">
                    {t('matter.stops')} {one.stopClock.map((kind) => term('stop', kind)).join(t('comma'))}
                  </p>
                )}
              </section>
              {one.steps && one.steps.length > 0 && (
                <section class="card stack">
                  <h2>{t('matter.steps')}</h2>
                  <ol class="stack tight">
                    {one.steps.map((step, index) => (
                      <li key={step.key}>
                        <span class="quiet figure">{index + 1}.</span> {named(step)} {step.who && <span class="quiet">({offices(step.who)})</span>}
                      </li>
                    ))}
                  </ol>
                </section>
              )}
              <section class="card stack">
                <h2>{t('matter.about')}</h2>
                <Facts
                  items={[
                    [t('matter.kind'), one.kind],
                    [t('matter.result'), one.result?.name],
                    [t('matter.validity'), one.result?.validity],
                    [t('matter.cooperating'), (one.cooperating ?? []).map((code) => term('department', code)).join(t('comma'))],
                    [t('matter.before'), one.prerequisites?.length ? <Prerequisites entries={one.prerequisites} /> : null],
                  ]}
                />
                {one.basis.length > 0 && (
                  <details>
                    <summary>{t('matter.basis')}</summary>
                    <ul class="stack tight">
                      {one.basis.map((entry) => (
                        <li key={entry.rule} class="quiet">
                          {entry.rule}
                        </li>
                      ))}
                    </ul>
                  </details>
                )}
              </section>
            </aside>
          </div>
        </div>
      )}
    </Await>
  );
}
