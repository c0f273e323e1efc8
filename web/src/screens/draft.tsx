// The one application form: a topic a page, saved as typed, mistakes beside their fields, documents, promises, summary, sending.
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, ApiError, newKey } from '../api';
import { Await, Button, Note, ProblemNote, useAct } from '../components/basics';
import { NeededList } from '../components/case-parts';
import { Check } from '../components/fields';
import { Answers, DocumentDrop, formDocument, FormHost } from '../components/form-parts';
import { Icon } from '../components/icon';
import { clockTime } from '../dates';
import { pagesOf, type FormPageInfo } from '../form-schema';
import { language, named, t, term } from '../messages';
import { go, useQuery, type Params } from '../router';
import { say, toast, useLoad } from '../state';
import type * as T from '../types';
import type { FormPage } from '../viewers/form';

type Saving = 'saved' | 'saving' | 'offline';

/** Saves what was typed after a short rest, one call at a time, always the newest. Offline, the draft waits on this device. */
function useSaving(first: T.Draft) {
  const draft = useRef(first);
  const [state, setState] = useState<Saving>('saved');
  const [savedAt, setSavedAt] = useState(first.savedAt);
  const [, again] = useState(0);
  const rest = useRef<ReturnType<typeof setTimeout>>();
  const running = useRef<Promise<void> | null>(null);
  const isDirty = useRef(false);
  const local = `draft.${first.id}`;

  const save = async (): Promise<void> => {
    clearTimeout(rest.current);
    if (running.current) await running.current;
    if (!isDirty.current) return;
    isDirty.current = false;
    setState('saving');
    running.current = (async () => {
      try {
        const got = await api.saveDraft(draft.current);
        draft.current = { ...draft.current, version: got.version, savedAt: got.savedAt };
        setSavedAt(got.savedAt);
        setState('saved');
        localStorage.removeItem(local);
      } catch (error) {
        if (error instanceof ApiError && (error.status === 412 || error.status === 409)) {
          // somebody (or another tab) saved meanwhile: what is typed here goes on top of the newer version
          const newest = await api.draft(draft.current.id);
          draft.current = { ...draft.current, version: newest.version };
          isDirty.current = true;
          toast(t('draft.conflict'), 'bad');
        } else {
          isDirty.current = true;
          setState('offline');
          localStorage.setItem(local, JSON.stringify(draft.current.data));
          if (!(error instanceof ApiError && error.status === 0)) say(error);
        }
      } finally {
        running.current = null;
      }
    })();
    await running.current;
    if (isDirty.current) rest.current = setTimeout(() => void save(), 3000);
  };

  useEffect(() => {
    const kept = localStorage.getItem(local);
    if (kept) {
      draft.current = { ...draft.current, data: JSON.parse(kept) as T.Data };
      isDirty.current = true;
      void save();
      again((n) => n + 1);
    }
    const leave = () => void save();
    addEventListener('pagehide', leave);
    return () => {
      removeEventListener('pagehide', leave);
      void save();
    };
  }, []);

  return {
    draft: draft.current,
    state,
    savedAt,
    save,
    change: (data: T.Data, isShown: boolean) => {
      draft.current = { ...draft.current, data };
      isDirty.current = true;
      clearTimeout(rest.current);
      rest.current = setTimeout(() => void save(), 600);
      if (isShown) again((n) => n + 1);
    },
  };
}

function documentsOf(data: T.Data): T.CaseDocument[] {
  return Array.isArray(data['documents']) ? (data['documents'] as unknown as T.CaseDocument[]) : [];
}

function promisesOf(data: T.Data): { document: string; kind: string; signed?: boolean }[] {
  return Array.isArray(data['promises']) ? (data['promises'] as { document: string; kind: string; signed?: boolean }[]) : [];
}

function PagesNav({ pages, at, marks, onGo }: { pages: FormPageInfo[]; at: FormPageInfo; marks: Set<string>; onGo: (page: FormPageInfo) => void }) {
  return (
    <nav class="pages-nav" aria-label={t('form.pages')}>
      <ol>
        {pages.map((page, index) => (
          <li key={page.id}>
            <a
              href={`?page=${page.id}`}
              aria-current={page.id === at.id ? 'step' : undefined}
              onClick={(event) => {
                event.preventDefault();
                onGo(page);
              }}
            >
              <span class="figure">{index + 1}</span>
              {page.title}
              {marks.has(page.id) && <Icon name="check" />}
            </a>
          </li>
        ))}
      </ol>
    </nav>
  );
}

type Mistake = { id: string; label: string; text: string; page?: FormPageInfo };

function Mistakes({ list, onGo }: { list: Mistake[]; onGo: (mistake: Mistake) => void }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    ref.current?.scrollIntoView({ block: 'center' });
    ref.current?.focus();
  }, [list]);
  return (
    <div ref={ref} tabIndex={-1}>
      <Note tone="bad" title={t(list.length === 1 ? 'form.mistakes1' : 'form.mistakes', list.length)}>
        <ul>
          {list.map((mistake) => (
            <li key={mistake.id}>
              <a
                href={`#${mistake.id}`}
                onClick={(event) => {
                  event.preventDefault();
                  onGo(mistake);
                }}
              >
                {mistake.page && mistake.page.title + t('colon')}
                {mistake.label && !mistake.text.includes(mistake.label) && mistake.label + t('colon')}
                {mistake.text}
              </a>
            </li>
          ))}
        </ul>
      </Note>
    </div>
  );
}

/** Every page once more, out of sight: what must be mended before sending. */
async function checkAll(pages: FormPageInfo[], data: T.Data): Promise<Mistake[]> {
  const { showForm } = await import('../viewers/form');
  const hidden = document.createElement('div');
  hidden.className = 'unseen';
  hidden.inert = true;
  document.body.append(hidden);
  const found: Mistake[] = [];
  for (const page of pages.filter((one) => (one.group.components ?? []).length > 0)) {
    const form = await showForm(hidden, [page.group], data);
    await new Promise((done) => setTimeout(done, 30)); // the library draws, then knows its fields
    found.push(...form.check().map((mistake) => ({ ...mistake, page })));
    form.destroy();
  }
  hidden.remove();
  return found;
}

function PromisesPage({ matter, data, onChange }: { matter: T.Matter; data: T.Data; onChange: (data: T.Data) => void }) {
  const documents = documentsOf(data);
  const promised = promisesOf(data);
  const open = matter.documents.filter((one) => one.source !== 'shared' && one.id !== formDocument && !documents.some((given) => given.id === one.id && given.state === 'given'));
  const offers = open.flatMap((one) => {
    if (one.commitment) return [{ one, kind: '告知承诺', text: t('promise-text.commitment', named(one)) }];
    if (one.tolerable) return [{ one, kind: '容缺', text: t('promise-text.tolerance', named(one), one.tolerateWorkdays) }];
    return [];
  });
  const set = (id: string, kind: string, tick: boolean) => {
    const others = promised.filter((entry) => entry.document !== id);
    const rest = documents.filter((entry) => entry.id !== id);
    const state: T.DocumentState = kind === '告知承诺' ? 'promised' : 'tolerated';
    onChange({
      ...data,
      promises: tick ? [...others, { document: id, kind, signed: true, state: 'open' }] : others,
      documents: (tick ? [...rest, { id, state }] : rest) as unknown as T.Json,
    });
  };
  if (!offers.length) return <Note tone="good">{t('promise.none')}</Note>;
  return (
    <div class="stack">
      <p class="quiet">{t('promise.text')}</p>
      {offers.map(({ one, kind, text }) => (
        <div key={one.id} class="card flat">
          <h3>
            {one.id} {named(one)} · {term('promise', kind)}
          </h3>
          <p>{text}</p>
          <Check checked={promised.some((entry) => entry.document === one.id)} onChange={(tick) => set(one.id, kind, tick)}>
            {t('promise.tick')}
          </Check>
        </div>
      ))}
    </div>
  );
}

function SummaryPage(props: { matter: T.Matter; pages: FormPageInfo[]; data: T.Data; onEdit: (page: FormPageInfo) => void }) {
  const { matter, pages, data, onEdit } = props;
  const needed = useLoad(matter.group === 'approval' ? `needed|${JSON.stringify(data['project'] ?? {})}` : null, () =>
    api.needed(matter.id, (data['project'] as T.Data | undefined) ?? {}),
  );
  const documents = documentsOf(data);
  const missing = matter.documents.filter((one) => one.source !== 'shared' && one.id !== formDocument && !documents.some((given) => given.id === one.id));
  const documentsPage = pages.find((page) => page.kind === 'documents');
  return (
    <div class="stack loose">
      <Answers pages={pages} data={data} onEdit={onEdit} />
      <section class="stack tight">
        <div class="row apart">
          <h3>{t('case.documents')}</h3>
          {documentsPage && (
            <Button kind="plain" icon="edit" onClick={() => onEdit(documentsPage)} label={t('edit.page', documentsPage.title)}>
              {t('edit')}
            </Button>
          )}
        </div>
        <p>{t('summary.documents', documents.filter((one) => one.state === 'given').length, matter.documents.filter((one) => one.source === 'shared').length)}</p>
        {missing.length > 0 && (
          <Note tone="warn" title={t('summary.missing', missing.length)}>
            <p>{missing.map((one) => `${one.id} ${named(one)}`).join(t('comma'))}</p>
            <p class="quiet">{t('summary.missing.text')}</p>
          </Note>
        )}
      </section>
      {needed.value && (
        <section class="stack tight">
          <h3>{t('needed.for')}</h3>
          <NeededList items={needed.value.items} />
        </section>
      )}
    </div>
  );
}

function Editor({ first, matter, schema }: { first: T.Draft; matter: T.Matter; schema: T.FormSchema }) {
  const pages = pagesOf(schema);
  const [wanted, setWanted] = useQuery('page', pages[0]?.id);
  const index = Math.max(0, pages.findIndex((page) => page.id === wanted));
  const page = pages[index] as FormPageInfo;
  const saving = useSaving(first);
  const { draft } = saving;
  const form = useRef<FormPage | null>(null);
  const focusNext = useRef<string | null>(null);
  const [mistakes, setMistakes] = useState<Mistake[]>([]);
  const [seen, setSeen] = useState(() => new Set<string>());
  const sendKey = useRef(newKey());
  const [isTrue, setTrue] = useState(false);
  const { act, problem } = useAct();

  const move = (to: FormPageInfo) => {
    void saving.save();
    setMistakes([]);
    setWanted(to.id);
    scrollTo(0, 0);
  };
  const next = () => {
    const found = form.current?.check() ?? [];
    if (found.length) {
      setMistakes(found);
      return;
    }
    setSeen(new Set([...seen, page.id]));
    const to = pages[index + 1];
    if (to) move(to);
  };
  const send = () =>
    act(async () => {
      const found = await checkAll(pages, draft.data);
      if (found.length) {
        setMistakes(found);
        return;
      }
      await saving.save();
      const receipt = await api.submitDraft(draft.id, sendKey.current);
      sessionStorage.setItem(`receipt.${receipt.number}`, JSON.stringify(receipt));
      go(`/receipt/${receipt.number}`, { replace: true });
    });
  const drop = () =>
    act(async () => {
      if (!confirm(t('draft.drop.sure'))) return;
      await api.dropDraft(draft.id);
      go('/', { replace: true });
    });
  const hasFields = (page.group.components ?? []).some((component) => component.key || component.components);
  const status = saving.state === 'saved' ? t('draft.saved', clockTime(saving.savedAt)) : t(`draft.${saving.state}`);

  return (
    <div class="stack loose">
      <div class="row apart">
        <div>
          <h1>{named(matter)}</h1>
          <p class="quiet" role="status">
            {status}
          </p>
        </div>
        <Button kind="plain" onClick={drop}>
          {t('draft.drop')}
        </Button>
      </div>
      <div class="sides left">
        <PagesNav pages={pages} at={page} marks={seen} onGo={move} />
        <section class="card stack loose" aria-labelledby="page-title">
          <h2 id="page-title">
            <span class="quiet figure">{t('form.of', index + 1, pages.length)}</span> {page.title}
          </h2>
          {mistakes.length > 0 && (
            <Mistakes
              list={mistakes}
              onGo={(mistake) => {
                if (mistake.page && mistake.page.id !== page.id) {
                  focusNext.current = mistake.id;
                  move(mistake.page);
                } else form.current?.focus(mistake.id);
              }}
            />
          )}
          {index === 0 && <Note>{t('draft.prefilled')}</Note>}
          {page.kind === 'documents' && (
            <DocumentDrop
              catalogue={matter.documents}
              documents={documentsOf(draft.data)}
              canPromise
              upload={(kind, file, onProgress) => api.uploadToDraft(draft.id, kind, file, onProgress)}
              onChange={(documents) => saving.change({ ...draft.data, documents: documents as unknown as T.Json }, true)}
            />
          )}
          {page.kind === 'promises' && <PromisesPage matter={matter} data={draft.data} onChange={(data) => saving.change(data, true)} />}
          {page.kind === 'summary' && <SummaryPage matter={matter} pages={pages} data={draft.data} onEdit={move} />}
          {hasFields && (
            <FormHost
              components={[page.group]}
              data={draft.data}
              identity={`${page.id}|${language()}`}
              onChange={(data) => {
                const { documents, promises } = draft.data;
                saving.change({ ...data, documents: documents ?? [], promises: promises ?? [] }, false);
              }}
              onReady={(ready) => {
                form.current = ready;
                if (ready && focusNext.current) {
                  const id = focusNext.current;
                  focusNext.current = null;
                  setTimeout(() => {
                    ready.check();
                    ready.focus(id);
                  }, 50);
                }
              }}
            />
          )}
          {page.kind === 'summary' && (
            <Check checked={isTrue} onChange={setTrue}>
              {t('summary.true')}
            </Check>
          )}
          {problem && <ProblemNote problem={problem} />}
          <div class="sticky-actions no-print">
            <Button
              icon="left"
              disabled={index === 0}
              onClick={() => {
                const to = pages[index - 1];
                if (to) move(to);
              }}
            >
              {t('form.before')}
            </Button>
            {page.kind === 'summary' ? (
              <Button kind="main" disabled={!isTrue} onClick={send}>
                {t('form.send')}
              </Button>
            ) : (
              <Button kind="main" onClick={next}>
                {t('form.next')}
                <Icon name="right" />
              </Button>
            )}
          </div>
        </section>
      </div>
    </div>
  );
}

export function DraftEditor({ id }: Params) {
  const all = useLoad(id ?? '', async () => {
    const draft = await api.draft(id ?? '');
    const matter = await api.matter(draft.matter);
    const schema = await api.form(matter.form ?? draft.matter);
    return { draft, matter, schema };
  });
  return <Await of={all}>{({ draft, matter, schema }) => <Editor first={draft} matter={matter} schema={schema} />}</Await>;
}
