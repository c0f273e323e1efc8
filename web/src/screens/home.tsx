// The portal: what can I get done, what is open, how far is it?
import { useState } from 'preact/hooks';
import { api } from '../api';
import { Await, Blank, Button, StateTag } from '../components/basics';
import { DaysLeft, isOpen, ProgressLine } from '../components/case-parts';
import { Search } from '../components/fields';
import { moment } from '../dates';
import { named, t } from '../messages';
import { isApplicant } from '../roles';
import { go } from '../router';
import { session, useEvents, useLoad } from '../state';
import type { CaseRow, MatterRow } from '../types';
import { MatterCards } from './matters';

function projectName(one: CaseRow): string {
  return typeof one.project === 'string' ? one.project : (one.project?.name ?? '');
}

export function CaseCard({ one }: { one: CaseRow }) {
  return (
    <a class="card stack tight" href={`/cases/${one.number}`}>
      <span class="row apart">
        <strong>{projectName(one) || named(one.matter)}</strong>
        <StateTag state={one.state} />
      </span>
      <span class="quiet">
        {named(one.matter)} · <span class="figure">{one.number}</span>
      </span>
      {one.steps && one.steps.length > 0 && <ProgressLine steps={one.steps} isSmall />}
      {isOpen(one.state) && <DaysLeft of={one} />}
    </a>
  );
}

function MyDrafts() {
  const drafts = useLoad('drafts', api.drafts);
  if (!drafts.value?.items.length) return null;
  return (
    <section class="stack" aria-labelledby="drafts-title">
      <h2 id="drafts-title">{t('home.drafts')}</h2>
      <div class="grid">
        {drafts.value.items.map((draft) => (
          <a key={draft.id} class="card stack tight" href={`/drafts/${draft.id}`}>
            <strong>{draftTitle(draft.data) || draft.matterName || draft.matter}</strong>
            <span class="quiet">{t('draft.saved', moment(draft.savedAt))}</span>
          </a>
        ))}
      </div>
    </section>
  );
}

function draftTitle(data: { [key: string]: unknown }): string {
  const project = data['project'] as { name?: string } | undefined;
  return project?.name ?? '';
}

function MyCases() {
  const cases = useLoad('cases', () => api.cases({ scope: 'mine', size: 12 }));
  useEvents(['case'], cases.reload);
  return (
    <section class="stack" aria-labelledby="cases-title">
      <div class="row apart">
        <h2 id="cases-title">{t('home.cases')}</h2>
        <a href="/cases">{t('home.cases.all')}</a>
      </div>
      <Await of={cases}>
        {(page) =>
          page.items.length ? (
            <div class="grid">
              {page.items.map((one) => (
                <CaseCard key={one.number} one={one} />
              ))}
            </div>
          ) : (
            <Blank title={t('home.cases.none')}>
              <p>{t('home.cases.none.text')}</p>
            </Blank>
          )
        }
      </Await>
    </section>
  );
}

/** What does several things in one go comes first: most people want the whole, not a part. */
function wholeFirst(matters: MatterRow[]): MatterRow[] {
  const isWhole = (matter: MatterRow) => /^S/.test(matter.id);
  return [...matters.filter(isWhole), ...matters.filter((matter) => !isWhole(matter))].slice(0, 12);
}

export function Home() {
  const who = session.use();
  const [q, setQ] = useState('');
  const matters = useLoad(`matters|${q}`, () => api.matters(q ? { q, size: 12 } : { apply: true, size: 100 }));
  return (
    <div class="stack loose">
      <div class="hero">
        <h1>{t(who ? 'home.title.company' : 'home.title')}</h1>
        <p class="quiet">{t('home.text')}</p>
        <Search label={t('home.search')} placeholder={t('home.search.hint')} value={q} onSearch={setQ} isBig />
      </div>
      {!q && isApplicant(who) && (
        <>
          <MyDrafts />
          <MyCases />
        </>
      )}
      <section class="stack" aria-labelledby="matters-title">
        <div class="row apart">
          <h2 id="matters-title">{q ? t('home.found', matters.value?.total ?? 0) : t('home.start')}</h2>
          <a href="/matters">{t('home.matters.all')}</a>
        </div>
        <Await of={matters}>
          {(page) =>
            page.items.length ? (
              <MatterCards matters={q ? page.items : wholeFirst(page.items)} />
            ) : (
              <Blank icon="search" title={t('matters.none', q)}>
                <Button onClick={() => go('/matters')}>{t('home.matters.all')}</Button>
              </Blank>
            )
          }
        </Await>
      </section>
    </div>
  );
}
