// The start of an application: for which company, for which project. What the registers know is filled in.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { Await, Blank, Button, ProblemNote, useAct } from '../components/basics';
import { Choices } from '../components/fields';
import { named, t } from '../messages';
import { go, type Params } from '../router';
import { session, useLoad } from '../state';
import type { Data, Json, RegisterRecord } from '../types';

/** What the register knows of the company, under the names the form uses. */
function applicantOf(id: string, name: string, known: RegisterRecord | null): Data {
  const applicant: Data = { enterpriseId: id, name: String(known?.['name'] ?? name) };
  for (const field of ['uscc', 'address', 'legalRep', 'phone', 'credit']) {
    const found = known?.[field];
    if (found !== null && found !== undefined) applicant[field] = found;
  }
  return applicant;
}

function projectOf(record: RegisterRecord | undefined): Data {
  const project: Data = {};
  if (!record) return project;
  for (const [field, value] of Object.entries(record)) {
    const isPlain = value !== null && value !== undefined && (typeof value !== 'object' || field === 'point');
    if (isPlain && field !== 'sample' && field !== 'origin') project[field] = value as Json;
  }
  return project;
}

export function StartApplication({ matter: id }: Params) {
  const who = session.get();
  const companies = who?.person.enterprises ?? [];
  const [company, setCompany] = useState(companies[0]?.id ?? '');
  const [project, setProject] = useState('');
  const { act, problem } = useAct();
  const matter = useLoad(id ?? '', () => api.matter(id ?? ''));
  const own = useLoad('own', api.ownEnterprises);
  const known = own.value?.items.find((one) => one.id === company);
  const start = () =>
    act(async () => {
      const name = companies.find((one) => one.id === company)?.name ?? '';
      const chosen = known?.projects.find((record) => String(record.key ?? record.id) === project);
      const data: Data = {
        applicant: company ? applicantOf(company, name, known?.enterprise ?? null) : {},
        project: projectOf(chosen),
        documents: [],
        promises: [],
      };
      const draft = await api.newDraft(id ?? '', company || null, data);
      go(`/drafts/${draft.id}`, { replace: true });
    });
  return (
    <div class="reading stack loose">
      <Await of={matter}>
        {(one) => (
          <section class="card stack loose">
            <h1>{named(one)}</h1>
            {companies.length === 0 ? (
              <Blank icon="user" title={t('apply.nobody')}>
                <p>{t('apply.nobody.text')}</p>
              </Blank>
            ) : (
              <>
                <p class="quiet">{t('apply.text')}</p>
                <Choices
                  label={t('apply.company')}
                  value={company}
                  onChange={(value) => {
                    setCompany(value);
                    setProject('');
                  }}
                  options={companies.map((entry) => ({ value: entry.id, text: entry.name }))}
                />
                <Choices
                  label={t('apply.project')}
                  value={project}
                  onChange={setProject}
                  options={[
                    ...(known?.projects ?? []).map((record) => ({ value: String(record.key ?? record.id), text: String(record['name'] ?? record.id) })),
                    { value: '', text: t('apply.project.new') },
                  ]}
                />
                {problem && <ProblemNote problem={problem} />}
                <div class="row">
                  <Button kind="main" onClick={start}>
                    {t('apply.start')}
                  </Button>
                  <Button kind="plain" href={`/matters/${one.id}`}>
                    {t('back')}
                  </Button>
                </div>
              </>
            )}
          </section>
        )}
      </Await>
    </div>
  );
}
