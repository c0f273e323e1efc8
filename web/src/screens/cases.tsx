// Cases: mine, my department's, all; filtered by state, lamp and variables, found by number, project or company.
import { api } from '../api';
import { Await, Blank, Note, StateTag } from '../components/basics';
import { DaysLeft, isOpen } from '../components/case-parts';
import { Conditions, queryOf, readConditions, valueText, writeConditions } from '../components/conditions';
import { Choices, Search, Select } from '../components/fields';
import { CursorPager, Table, type Column } from '../components/table';
import { day, number } from '../dates';
import { named, t } from '../messages';
import { isApplicant, isAuditor, isReviewer, isWindow } from '../roles';
import { setQuery, useQuery } from '../router';
import { session, useEvents, useLoad } from '../state';
import type { CaseField, CaseRow } from '../types';

const states = ['submitted', 'correction', 'accepted', 'review', 'stopped', 'granted', 'refused', 'withdrawn', 'ended', 'delivered', 'closed'];
const size = 20;

function nameOf(thing: { name?: string } | string | null | undefined): string {
  return typeof thing === 'string' ? thing : (thing?.name ?? '');
}

const columns = (fields: CaseField[]): Column<CaseRow>[] => [
  { key: 'number', title: t('case.number'), show: (one) => <a class="figure" href={`/cases/${one.number}`}>{one.number}</a> },
  { key: 'matter', title: t('case.matter'), show: (one) => named(one.matter) },
  { key: 'project', title: t('case.project'), show: (one) => nameOf(one.project) },
  { key: 'applicant', title: t('case.applicant'), show: (one) => nameOf(one.applicant) },
  ...fields.map((field): Column<CaseRow> => ({ key: field.id, title: field.title, canSort: true, show: (one) => <span class={field.type === 'text' ? undefined : 'figure'}>{valueText(field, one.variables?.[field.id])}</span> })),
  { key: 'state', title: t('case.state'), show: (one) => <StateTag state={one.state} /> },
  { key: 'left', title: t('case.left'), show: (one) => (isOpen(one.state) ? <DaysLeft of={one} /> : <span class="quiet">–</span>) },
  { key: 'submittedAt', title: t('case.submitted'), show: (one) => <span class="figure">{day(one.submittedAt)}</span> },
];

export function Cases() {
  const who = session.get();
  const own = isApplicant(who) ? 'mine' : isReviewer(who) || isWindow(who) ? 'department' : 'all';
  const [scope] = useQuery('scope', own);
  const [state] = useQuery('state');
  const [lamp] = useQuery('lamp');
  const [q] = useQuery('q');
  const [where] = useQuery('where');
  const [sort] = useQuery('sort');
  const [after] = useQuery('after');
  const conditions = readConditions(where);
  const fields = useLoad('case-fields', api.caseFields);
  const cases = useLoad(`${scope}|${state}|${lamp}|${q}|${where}|${sort}|${after}`, () => api.cases({ scope, state, lamp, q, ...queryOf(conditions), sort, after, size }));
  const shown = (fields.value ?? []).filter((field) => conditions.some((one) => one.id === field.id) || sort.replace('-', '') === field.id);
  const filter = (values: { [name: string]: string }) => setQuery({ ...values, after: '' });
  useEvents(['case', 'tasks'], cases.reload);
  const scopes = isApplicant(who) ? ['mine'] : isAuditor(who) ? ['all'] : ['department', 'all'];
  return (
    <div class="stack loose">
      <h1>{t('nav.cases')}</h1>
      <div class="row end">
        <div class="grow">
          <Search label={t('cases.search')} value={q} onSearch={(value) => filter({ q: value })} />
        </div>
        {scopes.length > 1 && <Choices label={t('cases.scope')} hideLabel value={scope} onChange={(value) => filter({ scope: value === own ? '' : value })} options={scopes.map((value) => ({ value, text: t(`scope.${value}`) }))} />}
        <Select label={t('case.state')} value={state} onChange={(value) => filter({ state: value })} options={['', ...states].map((value) => ({ value, text: value ? t(`state.${value}`) : t('all') }))} />
        <Select
          label={t('case.lamp')}
          value={lamp}
          onChange={(value) => filter({ lamp: value })}
          options={['', 'green', 'yellow', 'red'].map((value) => ({ value, text: value ? t(`lamp.${value}`) : t('all') }))}
        />
      </div>
      {fields.value && fields.value.length > 0 && (
        <details open={conditions.length > 0 || sort !== ''}>
          <summary>{t('conditions')}</summary>
          <div class="stack tight">
            <Conditions fields={fields.value} value={conditions} onChange={(all) => filter({ where: writeConditions(all) })} />
            <div class="row">
              <Select
                label={t('cases.sort')}
                value={sort}
                onChange={(value) => filter({ sort: value })}
                options={[{ value: '', text: t('cases.sort.newest') }, ...fields.value.flatMap((one) => ['', '-'].map((turn) => ({ value: turn + one.id, text: t(turn ? 'cases.sort.down' : 'cases.sort.up', one.title) })))]}
              />
            </div>
          </div>
        </details>
      )}
      <Await of={cases}>
        {(found) => (
          <>
            {found.bound && (
              <Note tone="warn">{t(found.next && !sort ? 'cases.bound.on' : 'cases.bound', fields.value?.find((one) => one.id === found.bound?.field)?.title ?? found.bound.field, number(found.bound.cases))}</Note>
            )}
            {found.items.length ? (
              <Table caption={t('nav.cases')} columns={columns(shown)} rows={found.items} keyOf={(one) => one.number} sort={sort} onSort={(value) => filter({ sort: value })} />
            ) : (
              <Blank title={t('cases.none')}>{(q || state || lamp || where) && <p>{t('cases.none.filtered')}</p>}</Blank>
            )}
            {(found.items.length > 0 || found.next || after) && (
              <CursorPager
                shown={found.items.length}
                total={found.bound ? null : found.total}
                isFirst={!after}
                next={found.next}
                nextText={found.bound && found.items.length < size ? t('cases.further') : undefined}
                onFirst={() => setQuery({ after: '' }, {})}
                onNext={(next) => setQuery({ after: next }, {})}
              />
            )}
          </>
        )}
      </Await>
    </div>
  );
}
