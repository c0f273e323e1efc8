// All running cases of a process held together, and let go again: in slices, so the page tells how far it has come.
import { useEffect, useState } from 'preact/hooks';
import { api } from '../api';
import { Await, Button, Note, ProblemNote, Tag, useAct } from '../components/basics';
import { Dialog } from '../components/dialog';
import { Check, Choices, TextArea } from '../components/fields';
import { Table, type Column } from '../components/table';
import { moment, number } from '../dates';
import { t } from '../messages';
import { toast, useLoad } from '../state';
import type * as T from '../types';

const tones = { holding: 'warn', held: 'bad', releasing: 'warn', released: 'good' } as const;
const isAtWork = (order: T.HoldOrder) => order.phase === 'holding' || order.phase === 'releasing';

const ofVersion = (version: number) => (version ? t('decision.version', version) : t('hold.versions.all'));

function OrderDialog({ model, onClose, onDone }: { model: T.ProcessModel; onClose: () => void; onDone: () => void }) {
  const [version, setVersion] = useState('0');
  const [refuses, setRefuses] = useState(true);
  const [reason, setReason] = useState('');
  const { act, problem } = useAct();
  const order = () =>
    act(async () => {
      await api.holdProcess(model.id, { version: Number(version), refuseStarts: refuses, reason });
      toast(t('hold.ordered'));
      onDone();
      onClose();
    });
  return (
    <Dialog
      title={t('hold.order')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="main" disabled={!reason.trim()} onClick={order}>
            {t('hold.order')}
          </Button>
        </>
      }
    >
      <p class="quiet">{t('hold.order.text')}</p>
      <Choices
        label={t('hold.which')}
        value={version}
        onChange={setVersion}
        options={[
          { value: '0', text: t('hold.versions.all') },
          { value: String(model.version), text: t('decision.version', model.version) },
        ]}
      />
      <Check checked={refuses} onChange={setRefuses}>
        {t('hold.refuses')}
      </Check>
      <TextArea label={t('withdraw.reason')} value={reason} onInput={setReason} isNeeded />
      {problem && <ProblemNote problem={problem} />}
    </Dialog>
  );
}

function ReleaseDialog({ order, onClose, onDone }: { order: T.HoldOrder; onClose: () => void; onDone: () => void }) {
  const [reason, setReason] = useState('');
  const { act, problem } = useAct();
  const release = () =>
    act(async () => {
      await api.releaseProcess(order.process, order.version, reason);
      toast(t('hold.released'));
      onDone();
      onClose();
    });
  return (
    <Dialog
      title={t('hold.release')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="main" disabled={!reason.trim()} onClick={release}>
            {t('hold.release')}
          </Button>
        </>
      }
    >
      <p class="quiet">{t('hold.release.text', number(order.held))}</p>
      <TextArea label={t('withdraw.reason')} value={reason} onInput={setReason} isNeeded />
      {problem && <ProblemNote problem={problem} />}
    </Dialog>
  );
}

export function Holds({ model }: { model: T.ProcessModel }) {
  const orders = useLoad(`holds|${model.id}`, () => api.holds({ process: model.id, size: 50 }));
  const [isOrdering, setOrdering] = useState(false);
  const [releasing, setReleasing] = useState<T.HoldOrder | null>(null);
  const isMoving = orders.value?.items.some(isAtWork) ?? false;
  useEffect(() => {
    if (!isMoving) return undefined;
    const timer = setInterval(orders.reload, 1500);
    return () => clearInterval(timer);
  }, [isMoving]);
  const columns: Column<T.HoldOrder>[] = [
    {
      key: 'phase',
      title: t('hold.phase'),
      isTitle: true,
      show: (one) => (
        <span class="row">
          <Tag tone={tones[one.phase]}>{t(`hold.phase.${one.phase}`)}</Tag> {ofVersion(one.version)}
        </span>
      ),
    },
    { key: 'held', title: t('hold.cases'), isNumber: true, show: (one) => number(one.held) },
    {
      key: 'failed',
      title: t('hold.failed'),
      show: (one) => (one.failed ? `${number(one.failed)} · ${one.failedCase} · ${one.failedCode}` : ''),
    },
    { key: 'starts', title: t('hold.starts'), show: (one) => (one.refusesStarts ? t('hold.starts.refused') : '') },
    { key: 'reason', title: t('withdraw.reason'), show: (one) => one.reason },
    { key: 'by', title: t('audit.actor'), show: (one) => one.by },
    { key: 'at', title: t('audit.at'), show: (one) => moment(one.at) },
    {
      key: 'act',
      title: t('acts'),
      show: (one) => (one.phase === 'holding' || one.phase === 'held' ? <Button onClick={() => setReleasing(one)}>{t('hold.release')}</Button> : null),
    },
  ];
  return (
    <Await of={orders}>
      {(found) => (
        <div class="stack">
          {found.items.some((one) => one.phase !== 'released') ? <Note tone="warn">{t('hold.now')}</Note> : <p class="quiet">{t('hold.none')}</p>}
          <div class="row">
            <Button onClick={() => setOrdering(true)}>{t('hold.order')}</Button>
          </div>
          {found.items.length > 0 && <Table caption={t('process.holds')} columns={columns} rows={found.items} keyOf={(one) => String(one.id)} />}
          {isOrdering && <OrderDialog model={model} onClose={() => setOrdering(false)} onDone={orders.reload} />}
          {releasing && <ReleaseDialog order={releasing} onClose={() => setReleasing(null)} onDone={orders.reload} />}
        </div>
      )}
    </Await>
  );
}
