// Permits: what was issued, whether it still holds; revoke with a reason where one may.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { Await, Blank, Button, ProblemNote, StateTag, useAct } from '../components/basics';
import { Dialog } from '../components/dialog';
import { Search, TextArea } from '../components/fields';
import { Table, type Column } from '../components/table';
import { fullDay } from '../dates';
import { named, t } from '../messages';
import { isHead } from '../roles';
import { useQuery } from '../router';
import { session, toast, useLoad } from '../state';
import type { PermitRow } from '../types';

function RevokeDialog({ permit, onClose, onDone }: { permit: PermitRow; onClose: () => void; onDone: () => void }) {
  const [reason, setReason] = useState('');
  const { act, problem } = useAct();
  const revoke = () =>
    act(async () => {
      await api.revokePermit(permit.number, reason);
      toast(t('revoke.done'));
      onDone();
      onClose();
    });
  return (
    <Dialog
      title={t('revoke.title', permit.number)}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="danger" disabled={!reason.trim()} onClick={revoke}>
            {t('revoke')}
          </Button>
        </>
      }
    >
      <p>{t('revoke.text')}</p>
      <TextArea label={t('withdraw.reason')} value={reason} onInput={setReason} isNeeded />
      {problem && <ProblemNote problem={problem} />}
    </Dialog>
  );
}

export function Permits() {
  const [q, setQ] = useQuery('q');
  const permits = useLoad(q, () => api.permits({ q, size: 100 }));
  const [revoking, setRevoking] = useState<PermitRow | null>(null);
  const canRevoke = isHead(session.get());
  const columns: Column<PermitRow>[] = [
    { key: 'number', title: t('permit.number'), show: (one) => <a class="figure" href={`/v/${one.code}`}>{one.number}</a> },
    { key: 'name', title: t('permit.kind'), show: (one) => named(one) },
    { key: 'holder', title: t('permit.holder'), show: (one) => one.holder },
    { key: 'project', title: t('case.project'), show: (one) => one.project ?? '' },
    { key: 'issuedAt', title: t('permit.issued'), show: (one) => fullDay(one.issuedAt) },
    { key: 'state', title: t('case.state'), show: (one) => <StateTag state={one.state} /> },
    {
      key: 'act',
      title: t('acts'),
      show: (one) => (
        <span class="row">
          <Button icon="download" href={api.permitPdfUrl(one.number)} download={`${one.number}.pdf`} label={t('permit.pdf', one.number)}>
            PDF
          </Button>
          {canRevoke && one.state === 'valid' && (
            <Button kind="danger" onClick={() => setRevoking(one)}>
              {t('revoke')}
            </Button>
          )}
        </span>
      ),
    },
  ];
  return (
    <div class="stack loose">
      <h1>{t('nav.permits')}</h1>
      <Search label={t('permits.search')} value={q} onSearch={setQ} />
      <Await of={permits}>
        {(page) =>
          page.items.length ? (
            <Table caption={t('nav.permits')} columns={columns} rows={page.items} keyOf={(one) => one.number} />
          ) : (
            <Blank icon="shield" title={t('permits.none')} />
          )
        }
      </Await>
      {revoking && <RevokeDialog permit={revoking} onClose={() => setRevoking(null)} onDone={permits.reload} />}
    </div>
  );
}
