// One register: search, filter, sort, columns, paging, CSV, all in the address; and one record of it.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { api, register } from '../api';
import { Await, Blank, Button, Lamp } from '../components/basics';
import { Dialog } from '../components/dialog';
import { Check, Choices, Search, Select } from '../components/fields';
import { Reference, registerOf } from '../components/reference';
import { Pager, Table, type Column } from '../components/table';
import { fullDay, moment, number } from '../dates';
import { language, t, term, words } from '../messages';
import { setQuery, usePath, useQuery, type Params } from '../router';
import { useLoad } from '../state';
import type * as T from '../types';

const size = 20;

function labelOf(info: T.RegisterInfo, field: string): string {
  const schema = info.schema.properties?.[field];
  return (language() === 'en' && schema?.['x-en']) || schema?.title || field;
}

function typeOf(schema: T.FieldSchema | undefined): string {
  const type = schema?.type;
  return (Array.isArray(type) ? type.find((one) => one !== 'null') : type) ?? '';
}

/** A value as people write it: units and dates, nothing where nothing is known. */
function show(schema: T.FieldSchema | undefined, value: T.Json | undefined): ComponentChildren {
  if (value === null || value === undefined || value === '') return <span class="quiet">–</span>;
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  if (typeof value === 'number') return /year/i.test(schema?.format ?? '') ? String(value) : number(value);
  if (typeof value === 'string') {
    if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return <span class="nowrap">{fullDay(value)}</span>;
    if (/^\d{4}-\d{2}-\d{2}T/.test(value)) return <span class="nowrap">{moment(value)}</span>;
    if (registerOf(value)) return <Reference id={value} />;
    return /^[\w-]{1,20}$/.test(value) || value.length <= 8 ? <span class="nowrap">{term('value', value)}</span> : term('value', value);
  }
  if (Array.isArray(value)) {
    if (!value.length) return <span class="quiet">–</span>;
    if (value.every((one) => typeof one !== 'object')) return value.map((one) => (typeof one === 'string' ? term('value', one) : String(one))).join(t('comma'));
    return (
      <ul class="stack tight">
        {value.map((one, index) => (
          <li key={index}>{show(schema?.items, one)}</li>
        ))}
      </ul>
    );
  }
  return (
    <span>
      {Object.entries(value)
        .filter(([, inner]) => inner !== null)
        .map(([name, inner]) => {
          const title = schema?.properties?.[name]?.title ?? (/^y\d{4}$/.test(name) ? name.slice(1) : '');
          const text = typeof inner === 'number' ? number(inner) : typeof inner === 'object' ? JSON.stringify(inner) : String(inner);
          return title ? `${title}${t('colon')}${text}` : text;
        })
        .join(' · ')}
    </span>
  );
}

function keyOf(info: T.RegisterInfo, record: T.RegisterRecord): string {
  return String(record.key ?? record[info.key ?? 'id'] ?? record.id ?? '');
}

function Filters({ info }: { info: T.RegisterInfo }) {
  const { search } = usePath();
  const choices = info.filters
    .map((filter) => (typeof filter === 'string' ? { field: filter, values: info.schema.properties?.[filter]?.enum } : filter))
    .map((filter) => ({ ...filter, values: filter.values ?? info.schema.properties?.[filter.field]?.enum }))
    .filter((filter) => filter.values && filter.values.length > 0);
  return (
    <>
      {choices.map((filter) => (
        <Select
          key={filter.field}
          label={labelOf(info, filter.field)}
          value={search.get(`f.${filter.field}`) ?? ''}
          onChange={(value) => setQuery({ [`f.${filter.field}`]: value, page: '' })}
          options={[
            { value: '', text: t('all') },
            ...(filter.values ?? []).filter((value) => value !== null).map((value) => ({ value: String(value), text: term('value', String(value)) })),
          ]}
        />
      ))}
    </>
  );
}

function ColumnsDialog({ info, shown, onClose }: { info: T.RegisterInfo; shown: string[]; onClose: () => void }) {
  const [picked, setPicked] = useState(shown);
  const all = Object.keys(info.schema.properties ?? {});
  return (
    <Dialog
      title={t('register.columns')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={() => { setQuery({ columns: '' }); onClose(); }}>{t('register.columns.standard')}</Button>
          <Button kind="main" disabled={!picked.length} onClick={() => { setQuery({ columns: picked.join(',') }); onClose(); }}>{t('show')}</Button>
        </>
      }
    >
      <div class="grid">
        {all.map((field) => (
          <Check key={field} checked={picked.includes(field)} onChange={(tick) => setPicked(tick ? [...picked, field] : picked.filter((one) => one !== field))}>
            {labelOf(info, field)}
          </Check>
        ))}
      </div>
    </Dialog>
  );
}

function ListBody({ info, lamps }: { info: T.RegisterInfo; lamps: Map<string, T.ProjectLamp> | null }) {
  const { search } = usePath();
  const [q, setQ] = useQuery('q');
  const [sort] = useQuery('sort', info.sort ?? '');
  const [page, setPage] = useQuery('page', '1');
  const [lamp] = useQuery('lamp');
  const [columnNames] = useQuery('columns');
  const [isChoosing, setChoosing] = useState(false);
  const filters: { [name: string]: string } = {};
  for (const [name, value] of search) if (name.startsWith('f.')) filters[`filter.${name.slice(2)}`] = value;
  const wanted = { q, sort, ...filters };
  const isByLamp = Boolean(lamp && lamps);
  const records = useLoad(`${JSON.stringify(wanted)}|${isByLamp ? 'lamp' : page}`, () =>
    api.records(info.id, isByLamp ? { ...wanted, page: 1, size: 200 } : { ...wanted, page, size }),
  );
  const shown = columnNames ? columnNames.split(',') : info.columns;
  const columns: Column<T.RegisterRecord>[] = shown.map((field, index) => {
    const schema = info.schema.properties?.[field];
    return {
      key: field,
      title: labelOf(info, field),
      canSort: true,
      isNumber: /number|integer/.test(typeOf(schema)),
      isTitle: field === info.titleField,
      show: (record) =>
        index === 0 || field === info.titleField ? (
          <a href={`/registers/${info.id}/${encodeURIComponent(keyOf(info, record))}`}>{String(record[field] ?? '–')}</a>
        ) : (
          show(schema, record[field])
        ),
    };
  });
  if (lamps)
    columns.push({
      key: 'lamp',
      title: t('project.lamp'),
      show: (record) => {
        const found = lamps.get(keyOf(info, record));
        return found ? <Lamp colour={found.lamp}>{(language() === 'en' && found.reasonEn) || found.reason || t(`lamp.${found.lamp}`)}</Lamp> : <Lamp colour="grey">{t('lamp.grey')}</Lamp>;
      },
    });
  return (
    <div class="stack loose">
      <div class="row apart">
        <h1>{words(info.title)}</h1>
        <div class="row">
          <Button icon="list" onClick={() => setChoosing(true)}>{t('register.columns')}</Button>
          <Button icon="download" href={api.recordsCsvUrl(info.id, wanted)} download>CSV</Button>
        </div>
      </div>
      {lamps && (
        <Choices
          label={t('project.lamp')}
          hideLabel
          value={lamp}
          onChange={(value) => setQuery({ lamp: value, page: '' })}
          options={[
            { value: '', text: `${t('all')} ${lamps.size}` },
            ...(['red', 'yellow', 'green', 'grey'] as const).map((colour) => ({ value: colour, text: `${t(`lamp.${colour}`)} ${[...lamps.values()].filter((one) => one.lamp === colour).length}` })),
          ]}
        />
      )}
      <div class="row end">
        <div class="grow">
          <Search label={t('register.search')} value={q} onSearch={(value) => setQuery({ q: value, page: '' })} />
        </div>
        <Filters info={info} />
      </div>
      <Await of={records}>
        {(found) => {
          const items = isByLamp ? found.items.filter((record) => lamps?.get(keyOf(info, record))?.lamp === lamp) : found.items;
          return items.length ? (
            <>
              <Table caption={words(info.title)} columns={columns} rows={items} keyOf={(record) => keyOf(info, record)} sort={sort} onSort={(next) => setQuery({ sort: next, page: '' })} />
              {!isByLamp && <Pager page={Number(page)} size={size} total={found.total} onPage={(next) => setPage(String(next))} />}
            </>
          ) : (
            <Blank icon="search" title={t('register.none')}>
              <Button onClick={() => { setQ(''); setQuery(Object.fromEntries([...search.keys()].map((name) => [name, '']))); }}>{t('register.all')}</Button>
            </Blank>
          );
        }}
      </Await>
      {isChoosing && <ColumnsDialog info={info} shown={shown} onClose={() => setChoosing(false)} />}
    </div>
  );
}

export function RegisterList({ id = '' }: Params) {
  const info = useLoad(id, () => api.register(id));
  const lamps = useLoad(id === register.projects ? 'lamps' : null, async () => {
    const page = await api.projectLamps({ size: 500 });
    return new Map(page.items.map((one) => [one.id, one]));
  });
  return <Await of={info}>{(found) => <ListBody info={found} lamps={lamps.value} />}</Await>;
}

export function RecordPage({ id = '', record = '' }: Params) {
  const all = useLoad(`${id}|${record}`, async () => {
    const info = await api.register(id);
    const { value } = await api.record(id, record);
    const lamp = id === register.projects ? (await api.projectLamps({ size: 500 }).catch(() => null))?.items.find((one) => one.id === record) : undefined;
    return { info, value, lamp };
  });
  return (
    <Await of={all}>
      {({ info, value, lamp }) => (
        <div class="stack loose">
          <nav aria-label={t('nav.path')}>
            <a href={`/registers/${id}`}>{words(info.title)}</a>
          </nav>
          <div class="row apart">
            <h1>{String(value[info.titleField ?? 'name'] ?? record)}</h1>
            {lamp && <Lamp colour={lamp.lamp}>{(language() === 'en' && lamp.reasonEn) || lamp.reason || t(`lamp.${lamp.lamp}`)}</Lamp>}
          </div>
          <section class="card">
            <dl class="facts">
              {Object.keys(info.schema.properties ?? {})
                .filter((field) => value[field] !== undefined)
                .map((field) => (
                  <>
                    <dt>{labelOf(info, field)}</dt>
                    <dd>{field === info.key ? String(value[field]) : show(info.schema.properties?.[field], value[field])}</dd>
                  </>
                ))}
            </dl>
          </section>
        </div>
      )}
    </Await>
  );
}
