// Button, notes, tags, lamps, empty and waiting states: the smallest pieces.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { t, term } from '../messages';
import { plainly } from '../state';
import type { Lamp as LampColour, Problem } from '../types';
import { Icon, type IconName } from './icon';

type Tone = 'good' | 'warn' | 'bad' | 'accent';

interface ButtonProps {
  kind?: 'main' | 'danger' | 'plain';
  icon?: IconName;
  shortcut?: string;
  href?: string;
  type?: 'button' | 'submit';
  disabled?: boolean;
  label?: string;
  pressed?: boolean;
  download?: string | boolean;
  onClick?: () => void | Promise<void>;
  children?: ComponentChildren;
}

/** While the promise of its click is open the button does nothing: two clicks are one act. */
export function Button(props: ButtonProps) {
  const { kind, icon, shortcut, href, type = 'button', disabled, label, pressed, download, onClick, children } = props;
  const [isBusy, setBusy] = useState(false);
  const name = kind ? `button ${kind}` : 'button';
  const inside = (
    <>
      {icon && <Icon name={icon} />}
      {children}
      {shortcut && <kbd aria-hidden="true">{shortcut}</kbd>}
    </>
  );
  if (href !== undefined)
    return (
      <a class={name} href={href} aria-label={label} download={download}>
        {inside}
      </a>
    );
  const click = () => {
    if (isBusy || !onClick) return;
    const done = onClick();
    if (done instanceof Promise) {
      setBusy(true);
      void done.finally(() => setBusy(false));
    }
  };
  return (
    <button class={name} type={type} disabled={disabled} aria-busy={isBusy} aria-label={label} aria-pressed={pressed} onClick={click}>
      {inside}
    </button>
  );
}

const noteIcons: { [tone in Tone]: IconName } = { good: 'check', warn: 'warn', bad: 'warn', accent: 'info' };

export function Note({ tone = 'accent', title, icon, children }: { tone?: Tone; title?: string; icon?: IconName; children?: ComponentChildren }) {
  return (
    <div class={`note ${tone}`} role={tone === 'bad' ? 'alert' : undefined}>
      <Icon name={icon ?? noteIcons[tone]} />
      <div>
        {title && <h3>{title}</h3>}
        {children}
      </div>
    </div>
  );
}

export function Tag({ tone, children }: { tone?: Tone; children: ComponentChildren }) {
  return <span class={tone ? `tag ${tone}` : 'tag'}>{children}</span>;
}

/** Shape and words beside the colour: red, yellow and green are not told apart by everyone. */
export function Lamp({ colour, children }: { colour: LampColour; children?: ComponentChildren }) {
  return (
    <span class={`lamp ${colour}`}>
      {children ?? <span class="unseen">{t(`lamp.${colour}`)}</span>}
    </span>
  );
}

const stateTones: { [state: string]: Tone } = {
  correction: 'warn',
  stopped: 'warn',
  granted: 'good',
  delivered: 'good',
  closed: 'good',
  valid: 'good',
  refused: 'bad',
  not_accepted: 'bad',
  ended: 'bad',
  revoked: 'bad',
  expired: 'warn',
  submitted: 'accent',
  accepted: 'accent',
  review: 'accent',
};

export function StateTag({ state }: { state: string }) {
  return <Tag tone={stateTones[state]}>{term('state', state)}</Tag>;
}

export function Blank({ icon = 'inbox', title, isPage, children }: { icon?: IconName; title: string; isPage?: boolean; children?: ComponentChildren }) {
  return (
    <div class="blank">
      <Icon name={icon} />
      {isPage ? <h1>{title}</h1> : <h2>{title}</h2>}
      {children}
    </div>
  );
}

export function Waiting({ isSample }: { isSample?: boolean }) {
  return (
    <div class="loading" role="status" aria-label={t('loading')} data-sample={isSample}>
      <span />
      <span />
      <span />
    </div>
  );
}

export function ProblemNote({ problem, retry }: { problem: Problem; retry?: () => void }) {
  if (problem.status === 403 || problem.status === 404)
    return (
      <Blank isPage icon={problem.status === 403 ? 'lock' : 'search'} title={t(`blank.${problem.status}`)}>
        <p>{problem.detail || t(`blank.${problem.status}.text`)}</p>
        <Button href="/">{t('go.home')}</Button>
      </Blank>
    );
  return (
    <Note tone="bad" title={problem.title}>
      {problem.detail && problem.detail !== problem.title && <p>{problem.detail}</p>}
      {problem.errors && (
        <ul>
          {problem.errors.map((error) => (
            <li key={error.pointer}>
              {error.pointer}: {error.detail}
            </li>
          ))}
        </ul>
      )}
      {problem.requestId && <p class="small quiet">{t('error.request', problem.requestId)}</p>}
      {retry && <Button onClick={retry}>{t('retry')}</Button>}
    </Note>
  );
}

interface LoadedLike<Value> {
  value: Value | null;
  problem: Problem | null;
  isSlow: boolean;
  reload: () => void;
}

/** What every screen does with data that comes later: the value, or why not, or (after 300 ms) a sign of waiting. */
export function Await<Value>({ of, children }: { of: LoadedLike<Value>; children: (value: Value) => ComponentChildren }) {
  if (of.value !== null) return <>{children(of.value)}</>;
  if (of.problem) return <ProblemNote problem={of.problem} retry={of.reload} />;
  return of.isSlow ? <Waiting /> : null;
}

export function Facts({ items }: { items: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {items
        .filter(([, value]) => value !== null && value !== undefined && value !== '' && value !== false)
        .map(([label, value]) => (
          <>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </>
        ))}
    </dl>
  );
}

/** Runs an act, says what went wrong in a sentence beside the button instead of nowhere. */
export function useAct(): { act: (work: () => Promise<void>) => Promise<void>; problem: Problem | null; clear: () => void } {
  const [problem, setProblem] = useState<Problem | null>(null);
  return {
    problem,
    clear: () => setProblem(null),
    act: async (work) => {
      setProblem(null);
      try {
        await work();
      } catch (error) {
        setProblem(plainly(error));
      }
    },
  };
}
