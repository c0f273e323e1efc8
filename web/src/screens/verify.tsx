// Is this permit genuine? Opened from a QR code, on a phone, by anyone.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { Button, Facts, Note, ProblemNote, Tag, useAct, Await } from '../components/basics';
import { TextField } from '../components/fields';
import { Icon, type IconName } from '../components/icon';
import { fullDay } from '../dates';
import { t, term } from '../messages';
import { go, type Params } from '../router';
import { useLoad } from '../state';
import type * as T from '../types';

const looks: { [state in T.Verification['state']]: { tone: string; icon: IconName } } = {
  valid: { tone: 'good', icon: 'shield' },
  revoked: { tone: 'bad', icon: 'cross' },
  invalid: { tone: 'bad', icon: 'warn' },
  expired: { tone: 'warn', icon: 'clock' },
  unknown: { tone: 'bad', icon: 'search' },
};

function fieldsOf(found: T.Verification): [string, string][] {
  const list = Array.isArray(found.fields) ? found.fields.map((one): [string, T.Json] => [one.label, one.value]) : Object.entries(found.fields ?? {});
  return list
    .filter(([, value]) => value !== null && value !== '')
    .map(([label, value]) => {
      const text = Array.isArray(value) ? value.join(t('comma')) : typeof value === 'object' ? JSON.stringify(value) : String(value);
      return [term('permit-field', label), /^\d{4}-\d{2}-\d{2}/.test(text) ? fullDay(text) : text];
    });
}

function Verdict({ found }: { found: T.Verification }) {
  const look = looks[found.state] ?? looks.unknown;
  return (
    <section class="card stack loose" aria-live="polite">
      <div class={`verdict ${look.tone}`}>
        <Icon name={look.icon} />
        <h2>{t(`verify.${found.state}`)}</h2>
        <p>{found.reason || t(`verify.${found.state}.text`)}</p>
        {found.revokedAt && <p>{t('verify.revokedAt', fullDay(found.revokedAt))}</p>}
      </div>
      {fieldsOf(found).length > 0 && <Facts items={fieldsOf(found)} />}
      {found.signatures.length > 0 && (
        <section class="stack tight">
          <h3>{t('verify.signatures')}</h3>
          <ul class="papers">
            {found.signatures.map((one) => (
              <li key={one.algorithm}>
                <span class="what">{term('algorithm', one.algorithm)}</span>
                <Tag tone={one.valid ? 'good' : 'bad'}>{t(one.valid ? 'verify.signature.good' : 'verify.signature.bad')}</Tag>
              </li>
            ))}
          </ul>
        </section>
      )}
    </section>
  );
}

function ByCode({ code }: { code: string }) {
  const found = useLoad(code, () => api.verify(code));
  if (found.problem?.status === 404) return <Verdict found={{ state: 'unknown', signatures: [] }} />;
  return <Await of={found}>{(value) => <Verdict found={value} />}</Await>;
}

export function Verify({ code }: Params) {
  const [typed, setTyped] = useState('');
  const [checked, setChecked] = useState<{ name: string; found: T.Verification } | null>(null);
  const { act, problem } = useAct();
  const check = (file: File) =>
    act(async () => {
      setChecked(null);
      setChecked({ name: file.name, found: await api.verifyFile(file) });
    });
  return (
    <div class="reading stack loose">
      <h1>{t('verify.title')}</h1>
      {code && !checked && <ByCode code={code} />}
      {checked && (
        <>
          <Note>{t('verify.file', checked.name)}</Note>
          <Verdict found={checked.found} />
        </>
      )}
      {problem && <ProblemNote problem={problem} />}
      <section class="card stack no-print" aria-labelledby="verify-file">
        <h2 id="verify-file">{t('verify.upload')}</h2>
        <p class="quiet">{t('verify.upload.text')}</p>
        <label class="drop">
          <Icon name="upload" />
          <strong>{t('verify.choose')}</strong>
          <input
            class="unseen"
            type="file"
            accept="application/pdf,.pdf"
            onChange={(event) => {
              const file = event.currentTarget.files?.[0];
              if (file) void check(file);
              event.currentTarget.value = '';
            }}
          />
        </label>
      </section>
      {!code && (
        <form
          class="card stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (typed.trim()) go(`/v/${encodeURIComponent(typed.trim())}`);
          }}
        >
          <h2>{t('verify.code')}</h2>
          <TextField label={t('verify.code.label')} hint={t('verify.code.hint')} value={typed} onInput={setTyped} />
          <Button type="submit" kind="main">
            {t('verify.do')}
          </Button>
        </form>
      )}
    </div>
  );
}
