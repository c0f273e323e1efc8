// Every text people read comes from a message file: ours (messages/zh.json, en.json) and the packages' (from the API). Chinese is the source.
import { api } from './api';

export type Language = 'zh' | 'en';
type Texts = { [key: string]: string };

let current: Language = 'zh';
let own: Texts = {};
let fromPackages: Texts = {};
const changed = new EventTarget();

export function language(): Language {
  return current;
}

function remembered(): Language {
  const kept = localStorage.getItem('language');
  if (kept === 'zh' || kept === 'en') return kept;
  return navigator.language.toLowerCase().startsWith('zh') || !navigator.language ? 'zh' : 'zh';
}

const load: { [key in Language]: () => Promise<{ default: Texts }> } = {
  zh: () => import('./messages/zh.json'),
  en: () => import('./messages/en.json'),
};

export async function setLanguage(next: Language): Promise<void> {
  own = (await load[next]()).default;
  current = next;
  localStorage.setItem('language', next);
  document.documentElement.lang = next === 'zh' ? 'zh-CN' : 'en';
  document.title = t('app.name');
  changed.dispatchEvent(new Event('change'));
  try {
    fromPackages = await api.messages(next);
    changed.dispatchEvent(new Event('change'));
  } catch {
    // the page's own texts do without the packages'
  }
}

export async function startLanguage(): Promise<void> {
  await setLanguage(remembered());
}

export function whenLanguageChanges(act: () => void): () => void {
  changed.addEventListener('change', act);
  return () => changed.removeEventListener('change', act);
}

function fill(text: string, values: (string | number)[]): string {
  return text.replace(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)] ?? ''));
}

export function has(key: string): boolean {
  return key in own || key in fromPackages;
}

/** The text of a key; a package's word goes before ours, because the zone names its own steps and outcomes. A missing key shows itself, so that a test finds it. */
export function t(key: string, ...values: (string | number)[]): string {
  return fill(fromPackages[key] ?? own[key] ?? key, values);
}

/** The text of `prefix.key` if there is one, else the key as it came (a value of the data, already words). */
export function term(prefix: string, key: string | null | undefined): string {
  if (!key) return '';
  const full = `${prefix}.${key}`;
  return has(full) ? t(full) : key;
}

/** A name that data carries in both languages. */
export function named(thing: { name?: string; nameEn?: string } | string | null | undefined): string {
  if (!thing) return '';
  if (typeof thing === 'string') return thing;
  return (current === 'en' && thing.nameEn) || thing.name || '';
}

export function words(text: { zh: string; en?: string } | undefined): string {
  return text ? (current === 'en' && text.en) || text.zh : '';
}
