// Cases: mine, my department's, all; filtered by state, lamp and variables, found by number, project or company.
import { api } from '../api';
import { Await, Blank, StateTag } from '../components/basics';
import { DaysLeft, isOpen } from '../components/case-parts';
import { Conditions, queryOf, readConditions, valueText, writeConditions } from '../components/conditions';
import { Choices, Search, Select } from '../components/fields';
import { Pager, Table, type Column } from '../components/table';
import { day } from '../dates';
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
  ...fields.map((field): Column<CaseRow> => ({ key: field.id, title: field.title, show: (one) => <span class={field.type === 'text' ? undefined : 'figure'}>{valueText(field, one.variables?.[field.id])}</span> })),
  { key: 'state', title: t('case.state'), show: (one) => <StateTag state={one.state} /> },
  { key: 'left', title: t('case.left'), show: (one) => (isOpen(one.state) ? <DaysLeft of={one} /> : <span class="quiet">–</span>) },
  { key: 'submittedAt', title: t('case.submitted'), show: (one) => <span class="figure">{day(one.submittedAt)}</span> },
];

export function Cases() {
  const who = session.get();
  const own = isApplicant(who) ? 'mine' : isReviewer(who) || isWindow(who) ? 'department' : 'all';
  const [scope, setScope] = useQuery('scope', own);
  const [state, setState] = useQuery('state');
  const [lamp, setLamp] = useQuery('lamp');
  const [q] = useQuery('q');
  const [where] = useQuery('where');
  const [page, setPage] = useQuery('page', '1');
  const conditions = readConditions(where);
  const fields = useLoad('case-fields', api.caseFields);
  const cases = useLoad(`${scope}|${state}|${lamp}|${q}|${where}|${page}`, () => api.cases({ scope, state, lamp, q, ...queryOf(conditions), page, size }));
  const shown = (fields.value ?? []).filter((field) => conditions.some((one) => one.id === field.id));
  useEvents(['case', 'tasks'], cases.reload);
  const scopes = isApplicant(who) ? ['mine'] : isAuditor(who) ? ['all'] : ['department', 'all'];
  return (
    <div class="stack loose">
      <h1>{t('nav.cases')}</h1>
      <div class="row end">
        <div class="grow">
          <Search label={t('cases.search')} value={q} onSearch={(value) => setQuery({ q: value, page: '' })} />
        </div>
        {scopes.length > 1 && <Choices label={t('cases.scope')} hideLabel value={scope} onChange={setScope} options={scopes.map((value) => ({ value, text: t(`scope.${value}`) }))} />}
        <Select label={t('case.state')} value={state} onChange={setState} options={['', ...states].map((value) => ({ value, text: value ? t(`state.${value}`) : t('all') }))} />
        <Select
          label={t('case.lamp')}
          value={lamp}
          onChange={setLamp}
          options={['', 'green', 'yellow', 'red'].map((value) => ({ value, text: value ? t(`lamp.${value}`) : t('all') }))}
        />
      </div>
      {fields.value && fields.value.length > 0 && (
        <details open={conditions.length > 0}>
          <summary>{t('conditions')}</summary>
          <Conditions fields={fields.value} value={conditions} onChange={(all) => setQuery({ where: writeConditions(all), page: '' })} />
        </details>
      )}
      <Await of={cases}>
        {(found) =>
          found.items.length ? (
            <>
              <Table caption={t('nav.cases')} columns={columns(shown)} rows={found.items} keyOf={(one) => one.number} />
              <Pager page={Number(page)} size={size} total={found.total} onPage={(next) => setPage(String(next))} />
            </>
          ) : (
            <Blank title={t('cases.none')}>{(q || state || lamp || where) && <p>{t('cases.none.filtered')}</p>}</Blank>
          )
        }
      </Await>
    </div>
  );
}
