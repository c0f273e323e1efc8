// Addresses outside that are told what happens: add, try, switch off, and deal with what could not be delivered.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { Await, Blank, Button, Facts, Note, ProblemNote, Tag, useAct } from '../components/basics';
import { Dialog } from '../components/dialog';
import { Check, TextField } from '../components/fields';
import { Table, type Column } from '../components/table';
import { moment, number } from '../dates';
import { t } from '../messages';
import { toast, useLoad } from '../state';
import type * as T from '../types';

/** Told once: whoever closes it has copied it or asks for a new one. */
function SecretDialog({ secret, onClose }: { secret: T.WebhookSecret; onClose: () => void }) {
  return (
    <Dialog title={t('webhook.secret')} onClose={onClose} actions={<Button kind="main" onClick={onClose}>{t('webhook.secret.kept')}</Button>}>
      <p>{t('webhook.secret.text')}</p>
      <p>
        <code class="figure">{secret.secret}</code>
      </p>
      {secret.oldUntil && <p class="quiet">{t('webhook.secret.old', moment(secret.oldUntil))}</p>}
    </Dialog>
  );
}

function EditDialog(props: { hook?: T.Webhook; kinds: T.WebhookKind[]; onClose: () => void; onDone: (secret?: T.WebhookSecret) => void }) {
  const { hook, kinds } = props;
  const [name, setName] = useState(hook?.name ?? '');
  const [url, setUrl] = useState(hook?.url ?? 'https://');
  const [events, setEvents] = useState<string[]>(hook?.events ?? []);
  const { act, problem } = useAct();
  const save = () =>
    act(async () => {
      if (hook) {
        await api.changeWebhook(hook.id, { name, url, events });
        props.onDone();
      } else {
        props.onDone(await api.makeWebhook({ name, url, events }));
      }
      props.onClose();
    });
  const choose = (kind: string, isChosen: boolean) => setEvents(isChosen ? [...events, kind] : events.filter((one) => one !== kind));
  return (
    <Dialog
      title={t(hook ? 'webhook.change' : 'webhook.add')}
      onClose={props.onClose}
      actions={
        <>
          <Button onClick={props.onClose}>{t('cancel')}</Button>
          <Button kind="main" disabled={!name.trim() || !url.trim()} onClick={save}>
            {t('save')}
          </Button>
        </>
      }
    >
      <TextField label={t('webhook.name')} value={name} onInput={setName} isNeeded />
      <TextField label={t('webhook.url')} value={url} onInput={setUrl} hint={t('webhook.url.hint')} isNeeded />
      <fieldset class="stack">
        <legend>{t('webhook.events')}</legend>
        <p class="quiet">{t('webhook.events.hint')}</p>
        <div class="row">
          {kinds.map(({ kind, name: title }) => (
            <Check key={kind} checked={events.includes(kind)} onChange={(isChosen) => choose(kind, isChosen)}>
              {title}
            </Check>
          ))}
        </div>
      </fieldset>
      {problem && <ProblemNote problem={problem} />}
    </Dialog>
  );
}

function DeleteDialog({ hook, onClose, onDone }: { hook: T.Webhook; onClose: () => void; onDone: () => void }) {
  const { act, problem } = useAct();
  const remove = () =>
    act(async () => {
      await api.deleteWebhook(hook.id);
      toast(t('webhook.deleted'));
      onDone();
      onClose();
    });
  return (
    <Dialog
      title={t('webhook.delete')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="main" onClick={remove}>
            {t('webhook.delete')}
          </Button>
        </>
      }
    >
      <p>{t('webhook.delete.text', hook.name, number(hook.waiting + hook.dead))}</p>
      {problem && <ProblemNote problem={problem} />}
    </Dialog>
  );
}

function Dead({ hook, kinds, onChange }: { hook: T.Webhook; kinds: T.WebhookKind[]; onChange: () => void }) {
  const dead = useLoad(`dead|${hook.id}|${hook.dead}`, () => api.webhookDeliveries(hook.id, { state: 'dead', size: 50 }));
  const { act, problem } = useAct();
  const again = (delivery?: number) =>
    act(async () => {
      toast(t('webhook.again.done', number((await api.sendAgain(hook.id, delivery)).done)));
      onChange();
    });
  const drop = (delivery: number) =>
    act(async () => {
      toast(t('webhook.drop.done', number((await api.dropDead(hook.id, delivery)).done)));
      onChange();
    });
  const columns: Column<T.WebhookDelivery>[] = [
    { key: 'kind', title: t('webhook.event'), isTitle: true, show: (one) => kinds.find(({ kind }) => kind === one.kind)?.name ?? (one.kind === 'test' ? t('webhook.test.name') : one.kind) },
    { key: 'case', title: t('webhook.case'), show: (one) => (one.case ? <a href={`/cases/${one.case}`}>{one.case}</a> : '') },
    { key: 'at', title: t('audit.at'), show: (one) => moment(one.at) },
    { key: 'tries', title: t('webhook.tries'), isNumber: true, show: (one) => number(one.tries) },
    { key: 'error', title: t('webhook.error'), show: (one) => one.error },
    {
      key: 'act',
      title: t('acts'),
      show: (one) => (
        <span class="row">
          <Button onClick={() => again(one.id)}>{t('webhook.again')}</Button>
          <Button onClick={() => drop(one.id)}>{t('webhook.drop')}</Button>
        </span>
      ),
    },
  ];
  return (
    <Await of={dead}>
      {(found) => (
        <div class="stack">
          <div class="row apart">
            <h3>{t('webhook.dead')}</h3>
            <Button onClick={() => again()}>{t('webhook.again.all')}</Button>
          </div>
          <Table caption={t('webhook.dead')} columns={columns} rows={found.items} keyOf={(one) => String(one.id)} />
          {problem && <ProblemNote problem={problem} />}
        </div>
      )}
    </Await>
  );
}

function Hook({ hook, kinds, onChange, onSecret }: { hook: T.Webhook; kinds: T.WebhookKind[]; onChange: () => void; onSecret: (secret: T.WebhookSecret) => void }) {
  const [isEditing, setEditing] = useState(false);
  const [isDeleting, setDeleting] = useState(false);
  const { act, problem } = useAct();
  const isActive = hook.state === 'active';
  const flip = () =>
    act(async () => {
      await api.changeWebhook(hook.id, { active: !isActive });
      onChange();
    });
  const test = () =>
    act(async () => {
      await api.testWebhook(hook.id);
      toast(t('webhook.test.sent'));
      setTimeout(onChange, 2000);
    });
  const renew = () => act(async () => onSecret(await api.renewWebhook(hook.id)));
  const told = hook.events.length ? hook.events.map((kind) => kinds.find((one) => one.kind === kind)?.name ?? kind).join(t('comma')) : t('webhook.events.all');
  return (
    <section class="card stack" aria-label={hook.name}>
      <header class="row apart">
        <h2>{hook.name}</h2>
        <Tag tone={isActive ? (hook.lastError ? 'warn' : 'good') : 'bad'}>{t(`webhook.state.${hook.state}`)}</Tag>
      </header>
      <Facts
        items={[
          [t('webhook.url'), <span class="figure">{hook.url}</span>],
          [t('webhook.events'), told],
          [t('webhook.delivered'), number(hook.delivered)],
          [t('webhook.waiting'), number(hook.waiting)],
          [t('webhook.last'), hook.lastAt && moment(hook.lastAt)],
        ]}
      />
      {hook.lastError && (
        <Note tone="warn" title={t('webhook.failing', hook.lastError)}>
          {hook.failingSince && t('webhook.failing.since', moment(hook.failingSince))} {hook.restsUntil && t('webhook.rests', moment(hook.restsUntil))}
        </Note>
      )}
      {hook.dead > 0 && <Dead hook={hook} kinds={kinds} onChange={onChange} />}
      {problem && <ProblemNote problem={problem} />}
      <div class="row">
        <Button onClick={() => setEditing(true)}>{t('webhook.change')}</Button>
        {isActive && <Button onClick={test}>{t('webhook.test')}</Button>}
        <Button onClick={flip}>{t(isActive ? 'webhook.pause' : 'webhook.resume')}</Button>
        <Button onClick={renew}>{t('webhook.renew')}</Button>
        <Button onClick={() => setDeleting(true)}>{t('webhook.delete')}</Button>
      </div>
      {isEditing && <EditDialog hook={hook} kinds={kinds} onClose={() => setEditing(false)} onDone={onChange} />}
      {isDeleting && <DeleteDialog hook={hook} onClose={() => setDeleting(false)} onDone={onChange} />}
    </section>
  );
}

export function Webhooks() {
  const hooks = useLoad('webhooks', api.webhooks);
  const [isAdding, setAdding] = useState(false);
  const [secret, setSecret] = useState<T.WebhookSecret | null>(null);
  return (
    <div class="stack loose">
      <header class="row apart">
        <h1>{t('nav.webhooks')}</h1>
        <Button kind="main" onClick={() => setAdding(true)}>
          {t('webhook.add')}
        </Button>
      </header>
      <p class="quiet">{t('webhook.about')}</p>
      <Await of={hooks}>
        {(found) => (
          <>
            {found.items.length === 0 && <Blank title={t('webhook.none')} />}
            {found.items.map((hook) => (
              <Hook key={hook.id} hook={hook} kinds={found.kinds} onChange={hooks.reload} onSecret={setSecret} />
            ))}
            {isAdding && (
              <EditDialog
                kinds={found.kinds}
                onClose={() => setAdding(false)}
                onDone={(made) => {
                  setSecret(made ?? null);
                  hooks.reload();
                }}
              />
            )}
          </>
        )}
      </Await>
      {secret && <SecretDialog secret={secret} onClose={() => setSecret(null)} />}
    </div>
  );
}
