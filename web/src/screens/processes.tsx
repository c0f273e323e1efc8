// Which processes there are, what runs in them, and whether their models are sound.
import { api } from '../api';
import { Await, Blank, Tag } from '../components/basics';
import { Search } from '../components/fields';
import { Table, type Column } from '../components/table';
import { number } from '../dates';
import { t, words } from '../messages';
import { useQuery } from '../router';
import { useLoad } from '../state';
import type { ProcessRow } from '../types';
import { ProofTag } from './decisions';

export function Processes() {
  const [q, setQ] = useQuery('q');
  const processes = useLoad('processes', api.processes);
  const columns: Column<ProcessRow>[] = [
    { key: 'name', title: t('process.name'), isTitle: true, show: (one) => <a href={`/processes/${encodeURIComponent(one.id)}`}>{words(one.name)}</a> },
    { key: 'id', title: t('decision.id'), show: (one) => <span class="figure">{one.id}</span> },
    { key: 'package', title: t('decision.package'), show: (one) => one.package },
    { key: 'version', title: t('package.version'), isNumber: true, show: (one) => one.version },
    { key: 'running', title: t('process.running'), isNumber: true, show: (one) => number(one.running) },
    { key: 'ended', title: t('process.ended'), isNumber: true, show: (one) => number(one.ended) },
    { key: 'incidents', title: t('process.incidents'), isNumber: true, show: (one) => (one.incidents ? <Tag tone="bad">{number(one.incidents)}</Tag> : 0) },
    { key: 'proof', title: t('proof'), show: (one) => <ProofTag {...one.findings} /> },
  ];
  const fits = (one: ProcessRow) => `${one.id} ${one.name.zh} ${one.name.en ?? ''} ${one.package}`.toLowerCase().includes(q.trim().toLowerCase());
  return (
    <div class="stack loose">
      <div class="stack tight">
        <h1>{t('nav.processes')}</h1>
        <p class="quiet">{t('processes.text')}</p>
      </div>
      <Search label={t('decisions.search')} value={q} onSearch={setQ} />
      <Await of={processes}>
        {(page) => {
          const rows = page.items.filter(fits);
          return rows.length ? <Table caption={t('nav.processes')} columns={columns} rows={rows} keyOf={(one) => one.id} /> : <Blank icon="flow" title={t('processes.none')} />;
        }}
      </Await>
    </div>
  );
}
