// Sign-in, and the own account: who am I here, change the password.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { Button, Facts, ProblemNote, useAct } from '../components/basics';
import { TextField } from '../components/fields';
import { t, term } from '../messages';
import { homeOf, isStaff } from '../roles';
import { go, usePath } from '../router';
import { session, startEvents, toast } from '../state';
import { Deputies } from './office';

/** Only addresses of this page: nobody is sent elsewhere by a link they were given. */
function safe(to: string | null): string | null {
  return to && /^\/(?![/\\])/.test(to) ? to : null;
}

export function SignIn() {
  const { search } = usePath();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const { act, problem } = useAct();
  const enter = () =>
    act(async () => {
      const got = await api.signIn(name.trim(), password);
      session.set(got);
      startEvents();
      const to = safe(search.get('to'));
      go(to && to !== '/' ? to : homeOf(got), { replace: true });
    });
  return (
    <div class="reading">
      <form
        class="card stack loose"
        onSubmit={(event) => {
          event.preventDefault();
          void enter();
        }}
      >
        <h1>{t('sign-in.title')}</h1>
        <p class="quiet">{t('sign-in.text')}</p>
        {problem && <ProblemNote problem={problem} />}
        <TextField label={t('sign-in.name')} value={name} onInput={setName} autocomplete="username" isNeeded />
        <TextField label={t('sign-in.password')} value={password} onInput={setPassword} type="password" autocomplete="current-password" isNeeded />
        <Button kind="main" type="submit">
          {t('sign-in')}
        </Button>
      </form>
    </div>
  );
}

export function AccountPage() {
  const who = session.use();
  const [old, setOld] = useState('');
  const [next, setNext] = useState('');
  const { act, problem } = useAct();
  if (!who) return null;
  const isShort = next.length > 0 && next.length < 10;
  return (
    <div class="reading stack loose">
      <h1>{t('account.title')}</h1>
      <section class="card">
        <Facts
          items={[
            [t('account.name'), who.person.name],
            [t('account.roles'), who.person.roles.map((role) => term('role', role)).join(t('comma'))],
            [t('account.department'), who.person.department && term('department', who.person.department)],
            [t('account.companies'), who.person.enterprises.map((one) => one.name).join(t('comma'))],
          ]}
        />
      </section>
      {isStaff(who) && who.person.department && <Deputies />}
      <form
        class="card stack"
        onSubmit={(event) => {
          event.preventDefault();
          void act(async () => {
            await api.changePassword(old, next);
            setOld('');
            setNext('');
            toast(t('account.password.changed'));
          });
        }}
      >
        <h2>{t('account.password')}</h2>
        {problem && <ProblemNote problem={problem} />}
        <TextField label={t('account.password.old')} type="password" autocomplete="current-password" value={old} onInput={setOld} isNeeded />
        <TextField
          label={t('account.password.new')}
          hint={t('account.password.hint')}
          mistake={isShort ? t('account.password.short') : null}
          type="password"
          autocomplete="new-password"
          value={next}
          onInput={setNext}
          isNeeded
        />
        <Button type="submit" kind="main" disabled={isShort || !old || !next}>
          {t('save')}
        </Button>
      </form>
    </div>
  );
}
