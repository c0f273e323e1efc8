// A form's page in its place, what was answered, documents to hand in.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api';
import { size } from '../dates';
import { answersOf, type FormPageInfo } from '../form-schema';
import { named, t, term } from '../messages';
import { plainly } from '../state';
import type * as T from '../types';
import type { FormPage } from '../viewers/form';
import { Button, Note, Tag, Waiting } from './basics';
import { documentName, documentTones } from './case-parts';
import { Icon } from './icon';

interface FormHostProps {
  components: T.FormComponent[];
  data: T.Data;
  /** another page or another language makes another form */
  identity: string;
  isReadOnly?: boolean;
  onChange?: (data: T.Data) => void;
  onReady?: (page: FormPage | null) => void;
}

export function FormHost({ components, data, identity, isReadOnly, onChange, onReady }: FormHostProps) {
  const ref = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<'loading' | 'shown' | 'failed'>('loading');
  const change = useRef(onChange);
  change.current = onChange;
  useEffect(() => {
    let page: FormPage | null = null;
    let isGone = false;
    import('../viewers/form')
      .then(({ showForm }) => (ref.current && !isGone ? showForm(ref.current, components, data, { isReadOnly, onChange: (next) => change.current?.(next) }) : null))
      .then((made) => {
        if (isGone) made?.destroy();
        else {
          page = made;
          onReady?.(made);
          setState('shown');
        }
      })
      .catch((error: unknown) => {
        console.error(error);
        setState('failed');
      });
    return () => {
      isGone = true;
      onReady?.(null);
      page?.destroy();
    };
  }, [identity]);
  return (
    <>
      {state === 'loading' && <Waiting />}
      {state === 'failed' && <Note tone="bad">{t('form.failed')}</Note>}
      <div class="form-host" ref={ref} />
    </>
  );
}

export function Answers({ pages, data, onEdit }: { pages: FormPageInfo[]; data: T.Data; onEdit?: (page: FormPageInfo) => void }) {
  return (
    <div class="stack loose">
      {pages
        .filter((page) => page.kind === 'fields')
        .map((page) => {
          const answers = answersOf([page.group], data).filter((answer) => answer.value || answer.isList);
          return (
            <section key={page.id} class="stack tight">
              <div class="row apart">
                <h3>{page.title}</h3>
                {onEdit && (
                  <Button kind="plain" icon="edit" onClick={() => onEdit(page)} label={t('edit.page', page.title)}>
                    {t('edit')}
                  </Button>
                )}
              </div>
              {answers.length === 0 && <p class="quiet">{t('answers.none')}</p>}
              <dl class="facts">
                {answers.map((answer) => (
                  <>
                    <dt>{answer.label}</dt>
                    <dd>
                      {answer.value}
                      {answer.isList?.map((row, index) => (
                        <p key={index}>{row.map((entry) => `${entry.label}: ${entry.value}`).join(t('semicolon'))}</p>
                      ))}
                    </dd>
                  </>
                ))}
              </dl>
            </section>
          );
        })}
    </div>
  );
}

/** Which document of the catalogue a file's name speaks of: its code, or the most characters in common with a name. */
export function guessDocument(fileName: string, catalogue: { id: string; name?: string }[]): string | null {
  const plain = fileName.replace(/\.[^.]+$/, '').toUpperCase();
  const coded = catalogue.find((one) => plain.includes(one.id));
  if (coded) return coded.id;
  let best: { id: string; score: number } | null = null;
  for (const one of catalogue) {
    const name = (one.name ?? '').replace(/[()()、,与和]/g, '');
    let score = 0;
    for (let i = 0; i + 1 < name.length; i++) if (plain.includes(name.slice(i, i + 2))) score++;
    if (score > 1 && (!best || score > best.score)) best = { id: one.id, score };
  }
  return best?.id ?? null;
}

interface Upload {
  name: string;
  share: number;
  problem?: string;
  kind: string;
}

interface DropProps {
  catalogue: T.CatalogueDocument[];
  documents: T.CaseDocument[];
  upload: (kind: string, file: File, onProgress: (share: number) => void) => Promise<T.Uploaded>;
  onChange: (documents: T.CaseDocument[]) => void;
  canPromise?: boolean;
}

/** The application form is a document of the catalogue too; filling it in is handing it in. */
export const formDocument = 'F01';

const accepted = '.pdf,.png,.jpg,.jpeg,.docx,.xlsx,.zip,.dwg,.ofd';

/** Documents to hand in: drop files, each is matched to the catalogue and can be moved; what the system has is never asked for. */
export function DocumentDrop({ catalogue, documents, upload, onChange, canPromise }: DropProps) {
  const [isOver, setOver] = useState(false);
  const [uploads, setUploads] = useState<Upload[]>([]);
  const [unmatched, setUnmatched] = useState<File[]>([]);
  const latest = useRef(documents);
  latest.current = documents;
  const stateOf = (id: string) => documents.find((one) => one.id === id);

  const put = (next: T.CaseDocument) => {
    const list = [...latest.current.filter((one) => one.id !== next.id), next].sort((a, b) => a.id.localeCompare(b.id));
    latest.current = list;
    onChange(list);
  };

  const send = async (kind: string, file: File) => {
    const show = (change: Partial<Upload>) =>
      setUploads((list) => {
        const others = list.filter((one) => !(one.kind === kind && one.name === file.name));
        return [...others, { name: file.name, kind, share: 0, ...list.find((one) => one.kind === kind && one.name === file.name), ...change }];
      });
    show({ share: 0, problem: undefined });
    try {
      const got = await upload(kind, file, (share) => show({ share }));
      put({ id: kind, state: 'given', file: got.id, hash: got.hash, fileName: file.name, size: file.size });
      setUploads((list) => list.filter((one) => !(one.kind === kind && one.name === file.name)));
    } catch (error) {
      const problem = plainly(error);
      show({ problem: error instanceof ApiError && problem.detail ? problem.detail : problem.title });
    }
  };

  const take = (files: Iterable<File>) => {
    const unknown: File[] = [];
    for (const file of files) {
      const kind = guessDocument(file.name, catalogue);
      if (kind) void send(kind, file);
      else unknown.push(file);
    }
    if (unknown.length) setUnmatched((list) => [...list, ...unknown]);
  };

  return (
    <div class="stack">
      <label
        class={isOver ? 'drop over' : 'drop'}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          take(event.dataTransfer?.files ?? []);
        }}
      >
        <Icon name="upload" />
        <strong>{t('drop.title')}</strong>
        <span class="quiet">{t('drop.text')}</span>
        <input
          class="unseen"
          type="file"
          multiple
          accept={accepted}
          onChange={(event) => {
            take(event.currentTarget.files ?? []);
            event.currentTarget.value = '';
          }}
        />
      </label>
      {unmatched.map((file) => (
        <Note key={file.name} tone="warn" title={t('drop.unmatched', file.name)}>
          <div class="row">
            {catalogue
              .filter((one) => one.source !== 'shared')
              .map((one) => (
                <Button
                  key={one.id}
                  onClick={() => {
                    setUnmatched((list) => list.filter((other) => other !== file));
                    void send(one.id, file);
                  }}
                >
                  {one.id} {named(one)}
                </Button>
              ))}
          </div>
        </Note>
      ))}
      <ul class="papers">
        {catalogue.map((one) => {
          const found = stateOf(one.id);
          const state: T.DocumentState = one.source === 'shared' && !found ? 'shared' : (found?.state ?? 'missing');
          const running = uploads.filter((entry) => entry.kind === one.id);
          return (
            <li key={one.id}>
              <span class="what">
                <span class="code">{one.id}</span>
                {named(one)}
                {found?.fileName && (
                  <span class="quiet">
                    <br />
                    {found.fileName} {found.size ? `· ${size(found.size)}` : ''} {found.hash ? `· ${found.hash.slice(0, 12)}…` : ''}
                  </span>
                )}
                {one.tolerable && state === 'missing' && (
                  <span class="quiet">
                    <br />
                    {t('document.tolerable.text', one.tolerateWorkdays)}
                  </span>
                )}
              </span>
              <Tag tone={one.id === formDocument ? 'good' : documentTones[state]}>{one.id === formDocument ? t('document.form') : term('document-state', state)}</Tag>
              {state !== 'shared' && one.id !== formDocument && (
                <label class="button">
                  <Icon name="upload" />
                  {found?.state === 'given' ? t('drop.replace') : t('drop.choose')}
                  <span class="unseen"> {documentName(one)}</span>
                  <input
                    class="unseen"
                    type="file"
                    accept={accepted}
                    data-document={one.id}
                    onChange={(event) => {
                      const file = event.currentTarget.files?.[0];
                      if (file) void send(one.id, file);
                      event.currentTarget.value = '';
                    }}
                  />
                </label>
              )}
              {found?.state === 'given' && one.id !== formDocument && (
                <Button kind="plain" icon="cross" label={t('drop.remove', named(one))} onClick={() => onChange(documents.filter((other) => other.id !== one.id))} />
              )}
              {canPromise && one.commitment && state === 'missing' && (
                <Button onClick={() => put({ id: one.id, state: 'promised' })}>{t('document.promise')}</Button>
              )}
              {canPromise && state === 'promised' && (
                <Button kind="plain" onClick={() => onChange(documents.filter((other) => other.id !== one.id))}>
                  {t('document.promise.undo')}
                </Button>
              )}
              {running.map((entry) =>
                entry.problem ? (
                  <Note key={entry.name} tone="bad" title={entry.name}>
                    {entry.problem}
                  </Note>
                ) : (
                  <progress key={entry.name} class="meter" max={1} value={entry.share} aria-label={t('drop.progress', entry.name)} />
                ),
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
