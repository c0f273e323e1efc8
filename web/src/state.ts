// State shared by all screens: who is signed in, theme, toasts; and the one hook that loads data.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { api, ApiError, listen, type EventKind } from './api';
import { t } from './messages';
import type { Data, Problem, Session } from './types';

type Listener = () => void;

function cell<Value>(first: Value): { get: () => Value; set: (value: Value) => void; use: () => Value } {
  let value = first;
  const listeners = new Set<Listener>();
  return {
    get: () => value,
    set: (next) => {
      value = next;
      for (const act of [...listeners]) act();
    },
    use: () => {
      const [, again] = useState(0);
      useEffect(() => {
        const act = () => again((n) => n + 1);
        listeners.add(act);
        return () => void listeners.delete(act);
      }, []);
      return value;
    },
  };
}

export const session = cell<Session | null>(null);

/** What this person has just decided: for a while it can be taken back. */
export const lastDone = cell<{ task: string; case: string; name: string; outcome: string } | null>(null);

export type Theme = 'light' | 'dark' | 'auto';
export const theme = cell<Theme>('auto');

const night = matchMedia('(prefers-color-scheme: dark)');

function paint(): void {
  const wanted = theme.get() === 'auto' ? (night.matches ? 'dark' : 'light') : theme.get();
  document.documentElement.dataset['theme'] = wanted;
}

export function setTheme(next: Theme): void {
  localStorage.setItem('theme', next);
  theme.set(next);
  paint();
}

export function startTheme(): void {
  const kept = localStorage.getItem('theme');
  theme.set(kept === 'light' || kept === 'dark' ? kept : 'auto');
  night.addEventListener('change', paint);
  paint();
}

export interface ToastWords {
  id: number;
  text: string;
  kind: 'good' | 'bad';
}
export const toasts = cell<ToastWords[]>([]);
let toastCount = 0;

export function toast(text: string, kind: 'good' | 'bad' = 'good'): void {
  const id = ++toastCount;
  toasts.set([...toasts.get(), { id, text, kind }]);
  setTimeout(() => toasts.set(toasts.get().filter((one) => one.id !== id)), kind === 'bad' ? 9000 : 5000);
}

/** What went wrong, in plain words. */
export function plainly(error: unknown): Problem {
  if (error instanceof ApiError) {
    const { problem } = error;
    if (problem.title) return problem;
    const known = error.status === 0 ? 'error.offline' : `error.${error.status}`;
    return { ...problem, title: t(known) === known ? t('error.unknown') : t(known) };
  }
  console.error(error);
  return { title: t('error.page'), status: 0, code: 'page' };
}

export function say(error: unknown): void {
  const problem = plainly(error);
  toast(problem.detail && problem.detail !== problem.title ? `${problem.title}: ${problem.detail}` : problem.title, 'bad');
}

export interface Loaded<Value> {
  value: Value | null;
  problem: Problem | null;
  /** true only once loading has taken 300 ms: what is quicker shows no sign of it */
  isSlow: boolean;
  reload: () => void;
  set: (value: Value) => void;
}

/** Loads when `key` changes; keeps the old value on screen while the new one comes, so nothing jumps. */
export function useLoad<Value>(key: string | null, load: () => Promise<Value>): Loaded<Value> {
  const [value, setValue] = useState<Value | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isSlow, setSlow] = useState(false);
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    if (key === null) return;
    let isCurrent = true;
    const slow = setTimeout(() => isCurrent && setSlow(true), 300);
    latest.current().then(
      (got) => {
        if (!isCurrent) return;
        setValue(got);
        setProblem(null);
      },
      (error: unknown) => isCurrent && setProblem(plainly(error)),
    ).finally(() => {
      clearTimeout(slow);
      if (isCurrent) setSlow(false);
    });
    return () => {
      isCurrent = false;
      clearTimeout(slow);
    };
  }, [key, turn]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  return { value, problem, isSlow, reload, set: setValue };
}

const live = new Set<(kind: EventKind, data: Data) => void>();
let stop: (() => void) | null = null;

export function startEvents(): void {
  stop?.();
  stop = listen((kind, data) => {
    for (const act of [...live]) act(kind, data);
  });
}

export function stopEvents(): void {
  stop?.();
  stop = null;
}

export function useEvents(kinds: EventKind[], act: (data: Data) => void): void {
  const latest = useRef(act);
  latest.current = act;
  const wanted = kinds.join(' ');
  useEffect(() => {
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const hear = (kind: EventKind, data: Data) => {
      if (!wanted.includes(kind)) return;
      clearTimeout(waiting);
      waiting = setTimeout(() => latest.current(data), 150);
    };
    live.add(hear);
    return () => {
      clearTimeout(waiting);
      live.delete(hear);
    };
  }, [wanted]);
}

export async function refreshSession(): Promise<void> {
  session.set(await api.session());
  if (session.get()) startEvents();
}
