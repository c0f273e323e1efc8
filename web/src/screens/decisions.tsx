// Which decisions there are, and whether their tables are proved.
import { api } from '../api';
import { Await, Blank, Tag } from '../components/basics';
import { Search } from '../components/fields';
import { Table, type Column } from '../components/table';
import { t, words } from '../messages';
import { useQuery } from '../router';
import { useLoad } from '../state';
import type { DecisionRow } from '../types';

export function ProofTag({ errors, warnings }: { errors: number; warnings: number }) {
  if (errors) return <Tag tone="bad">{t('proof.errors', errors)}</Tag>;
  if (warnings) return <Tag tone="warn">{t('proof.warnings', warnings)}</Tag>;
  return <Tag tone="good">{t('proof.clean')}</Tag>;
}

export function Decisions() {
  const [q, setQ] = useQuery('q');
  const decisions = useLoad('decisions', () => api.decisions({ size: 200 }));
  const columns: Column<DecisionRow>[] = [
    { key: 'name', title: t('decision.name'), isTitle: true, show: (one) => <a href={`/decisions/${encodeURIComponent(one.id)}`}>{words(one.name)}</a> },
    { key: 'id', title: t('decision.id'), show: (one) => <span class="figure">{one.id}</span> },
    { key: 'package', title: t('decision.package'), show: (one) => one.package },
    { key: 'version', title: t('package.version'), isNumber: true, show: (one) => one.version },
    { key: 'tables', title: t('decision.tables'), isNumber: true, show: (one) => one.tables },
    { key: 'proof', title: t('proof'), show: (one) => <ProofTag {...one.findings} /> },
  ];
  const fits = (one: DecisionRow) => `${one.id} ${one.name.zh} ${one.name.en ?? ''} ${one.package}`.toLowerCase().includes(q.trim().toLowerCase());
  return (
    <div class="stack loose">
      <div class="stack tight">
        <h1>{t('nav.decisions')}</h1>
        <p class="quiet">{t('decisions.text')}</p>
      </div>
      <Search label={t('decisions.search')} value={q} onSearch={setQ} />
      <Await of={decisions}>
        {(page) => {
          const rows = page.items.filter(fits);
          return rows.length ? (
            <Table caption={t('nav.decisions')} columns={columns} rows={rows} keyOf={(one) => one.id} />
          ) : (
            <Blank icon="list" title={t('decisions.none')} />
          );
        }}
      </Await>
    </div>
  );
}
