// For administrators and auditors: packages with what the checker found, accounts, the audit trail.
import { api } from '../api';
import { Await, Blank, Facts, Note, Tag } from '../components/basics';
import { Search, Select } from '../components/fields';
import { Pager, Table, type Column } from '../components/table';
import { moment } from '../dates';
import { t, term, words } from '../messages';
import { setQuery, useQuery } from '../router';
import { useLoad } from '../state';
import type * as T from '../types';

export function Packages() {
  const packages = useLoad('packages', api.packages);
  return (
    <div class="stack loose">
      <h1>{t('nav.packages')}</h1>
      <Await of={packages}>
        {(page) => (
          <div class="grid">
            {page.items.map((one) => (
              <section key={one.name} class="card stack" aria-label={one.name}>
                <header class="row apart">
                  <h2>{one.title ? words(one.title) : one.name}</h2>
                  {one.sample && <Tag tone="warn">{t('sample')}</Tag>}
                </header>
                <Facts
                  items={[
                    [t('package.name'), one.name],
                    [t('package.version'), one.version],
                    [t('package.loaded'), one.loadedAt && moment(one.loadedAt)],
                    ...Object.entries(one.counts ?? {}).map(([kind, count]): [string, string] => [term('package-count', kind), String(count)]),
                  ]}
                />
                {one.findings?.length ? (
                  <Note tone="warn" title={t('package.findings', one.findings.length)}>
                    <ul>
                      {one.findings.map((finding) => (
                        <li key={finding.place + finding.text}>
                          <span class="figure">{finding.place}</span> {finding.text}
                        </li>
                      ))}
                    </ul>
                  </Note>
                ) : (
                  <Note tone="good">{t('package.clean')}</Note>
                )}
              </section>
            ))}
          </div>
        )}
      </Await>
    </div>
  );
}

const size = 50;

export function Audit() {
  const [actor] = useQuery('actor');
  const [result] = useQuery('result');
  const [page, setPage] = useQuery('page', '1');
  const entries = useLoad(`${actor}|${result}|${page}`, () => api.audit({ actor, result, page, size }));
  const columns: Column<T.AuditEntry>[] = [
    { key: 'seq', title: t('audit.seq'), isNumber: true, show: (one) => one.seq },
    { key: 'at', title: t('audit.at'), show: (one) => <span class="figure">{moment(one.at)}</span> },
    { key: 'actor', title: t('audit.actor'), show: (one) => one.actor ?? '–' },
    { key: 'action', title: t('audit.action'), show: (one) => term('action', one.action) },
    { key: 'object', title: t('audit.object'), show: (one) => one.object ?? '–' },
    { key: 'result', title: t('audit.result'), show: (one) => <Tag tone={/ok|done|allowed/.test(one.result) ? 'good' : 'bad'}>{term('audit-result', one.result)}</Tag> },
    { key: 'detail', title: t('audit.detail'), show: (one) => one.detail ?? '' },
  ];
  return (
    <div class="stack loose">
      <h1>{t('nav.audit')}</h1>
      <div class="row end">
        <div class="grow">
          <Search label={t('audit.search')} value={actor} onSearch={(value) => setQuery({ actor: value, page: '' })} />
        </div>
        <Select
          label={t('audit.result')}
          value={result}
          onChange={(value) => setQuery({ result: value, page: '' })}
          options={['', 'done', 'refused'].map((value) => ({ value, text: value ? t(`audit-result.${value}`) : t('all') }))}
        />
      </div>
      <Await of={entries}>
        {(found) =>
          found.items.length ? (
            <>
              <Table caption={t('nav.audit')} columns={columns} rows={found.items} keyOf={(one) => String(one.seq)} />
              <Pager page={Number(page)} size={size} total={found.total} onPage={(next) => setPage(String(next))} />
            </>
          ) : (
            <Blank icon="search" title={t('audit.none')} />
          )
        }
      </Await>
    </div>
  );
}

export function Accounts() {
  const accounts = useLoad('accounts', api.accounts);
  const columns: Column<T.Account>[] = [
    { key: 'name', title: t('sign-in.name'), show: (one) => one.name },
    { key: 'person', title: t('account.name'), show: (one) => one.personName ?? '' },
    { key: 'roles', title: t('account.roles'), show: (one) => one.roles.map((role) => term('role', role)).join(t('comma')) },
    { key: 'department', title: t('account.department'), show: (one) => (one.department ? term('department', one.department) : '') },
    { key: 'seen', title: t('account.seen'), show: (one) => (one.lastSeen ? moment(one.lastSeen) : '–') },
  ];
  return (
    <div class="stack loose">
      <h1>{t('nav.accounts')}</h1>
      <Await of={accounts}>{(page) => <Table caption={t('nav.accounts')} columns={columns} rows={page.items} keyOf={(one) => one.id} />}</Await>
    </div>
  );
}
