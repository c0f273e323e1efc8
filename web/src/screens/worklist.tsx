// What must I decide today? The list on the left, sorted by days left; the pane on the right. J and K move, the pane's keys act.
import { useEffect } from 'preact/hooks';
import { api } from '../api';
import { Await, Blank, Button, Lamp, Tag } from '../components/basics';
import { Choices } from '../components/fields';
import { daysLeft } from '../dates';
import { named, t } from '../messages';
import { setQuery, useQuery } from '../router';
import { useEvents, useLoad } from '../state';
import type * as T from '../types';
import { IntakePane } from './intake';
import { TakeBackNote } from './office';
import { ReviewPane } from './review';

/** Keys for lists are off while somebody types. */
export function isTyping(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || event.altKey || Boolean((event.target as Element).closest('input:not([type=radio], [type=checkbox], [type=file]), textarea, select, dialog, [contenteditable]'));
}

function TaskItem({ task, isOpen, onOpen }: { task: T.TaskRow; isOpen: boolean; onOpen: () => void }) {
  return (
    <li>
      <button type="button" class="task-item" aria-current={isOpen} onClick={onOpen}>
        <span class="row apart">
          <strong>{task.project || task.applicant || task.case}</strong>
          {task.isSignature ? <Tag tone="accent">{t('task.signature')}</Tag> : task.waitsForSignatures ? <Tag tone="warn">{t('task.waits')}</Tag> : task.assignee && <Tag>{t('task.claimed')}</Tag>}
        </span>
        <span class="quiet">
          {named(task)} · <span class="figure">{task.case}</span>
        </span>
        <span class="quiet small">
          {named(task.matter)}
          {task.applicant && task.project ? ` · ${task.applicant}` : ''}
          {task.actingFor && ` · ${t('task.acting', task.actingFor)}`}
        </span>
        <Lamp colour={task.lamp}>{daysLeft(task.daysLeft, task.due)}</Lamp>
      </button>
    </li>
  );
}

interface ListProps {
  title: string;
  empty: string;
  scopes: string[];
  Pane: (props: { id: string; onDone: () => void }) => preact.JSX.Element;
}

function TaskPanes({ title, empty, scopes, Pane }: ListProps) {
  const [scope, setScope] = useQuery('scope', scopes[0]);
  const [open, setOpen] = useQuery('task');
  const [lamp, setLamp] = useQuery('lamp');
  const tasks = useLoad(scope, () => api.tasks({ scope, sort: 'daysLeft', size: 200 }));
  useEvents(['tasks'], tasks.reload);
  const all = tasks.value?.items ?? [];
  const items = lamp ? all.filter((task) => task.lamp === lamp) : all;
  const at = items.findIndex((task) => String(task.id) === open);

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (isTyping(event)) return;
      const step = event.key === 'j' ? 1 : event.key === 'k' ? -1 : 0;
      if (!step) return;
      const next = items[at < 0 ? 0 : Math.min(items.length - 1, Math.max(0, at + step))];
      if (next) setOpen(String(next.id));
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  });
  useEffect(() => {
    document.querySelector('.task-item[aria-current="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [open]);

  const done = () => {
    const next = items[at + 1] ?? items[at - 1];
    setOpen(next && String(next.id) !== open ? String(next.id) : '');
    tasks.reload();
  };
  const count = (colour: T.Lamp) => all.filter((task) => task.lamp === colour).length;
  return (
    <div class="stack">
      <div class="row apart">
        <h1>{title}</h1>
        <p class="quiet no-print">{t('keys.list')}</p>
      </div>
      <TakeBackNote onDone={tasks.reload} />
      <Await of={tasks}>
        {() => (
          <div class={open ? 'panes open' : 'panes'}>
            <section class="list stack tight" aria-label={title}>
              <div class="row apart">
                {scopes.length > 1 && (
                  <Choices isSmall hideLabel label={t('cases.scope')} value={scope} onChange={setScope} options={scopes.map((value) => ({ value, text: t(`tasks.${value}`) }))} />
                )}
                <Choices
                  isSmall
                  hideLabel
                  label={t('case.lamp')}
                  value={lamp}
                  onChange={setLamp}
                  options={[
                    { value: '', text: `${t('all')} ${all.length}` },
                    ...(['red', 'yellow'] as const).filter((colour) => count(colour) > 0).map((colour) => ({ value: colour, text: `${t(`lamp.${colour}`)} ${count(colour)}` })),
                  ]}
                />
              </div>
              {items.length ? (
                <ul class="list-frame">
                  {items.map((task) => (
                    <TaskItem key={task.id} task={task} isOpen={String(task.id) === open} onOpen={() => setQuery({ task: String(task.id) }, { replace: false })} />
                  ))}
                </ul>
              ) : (
                <div class="card">
                  <Blank icon="check" title={empty}>
                    <p>{t('tasks.none.text')}</p>
                  </Blank>
                </div>
              )}
            </section>
            <section aria-label={t('task.pane')}>
              {open ? (
                <div class="stack tight">
                  <div class="row no-print">
                    <Button kind="plain" icon="left" onClick={() => setOpen('')}>
                      {t('task.back')}
                    </Button>
                  </div>
                  <Pane key={open} id={open} onDone={done} />
                </div>
              ) : (
                <div class="card">
                  <Blank icon="list" title={t('task.choose')}>
                    <p>{t('task.choose.text')}</p>
                  </Blank>
                </div>
              )}
            </section>
          </div>
        )}
      </Await>
    </div>
  );
}

export function Worklist() {
  return <TaskPanes title={t('nav.tasks')} empty={t('tasks.none')} scopes={['department', 'mine']} Pane={ReviewPane} />;
}

export function WindowQueue() {
  return <TaskPanes title={t('window.title')} empty={t('window.none')} scopes={['department']} Pane={IntakePane} />;
}

