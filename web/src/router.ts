// Addresses one can send to a colleague. Paths are matched against a table of patterns; the query string holds a screen's filters.
import { useEffect, useState } from 'preact/hooks';

export type Params = { [name: string]: string };

const moved = new EventTarget();

export function go(to: string, options: { replace?: boolean } = {}): void {
  if (to === location.pathname + location.search) return;
  const isSamePage = to.split('?')[0] === location.pathname;
  if (options.replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  if (!isSamePage) scrollTo(0, 0);
  moved.dispatchEvent(new Event('move'));
}

export function usePath(): { path: string; search: URLSearchParams } {
  const [here, setHere] = useState(() => location.pathname + location.search);
  useEffect(() => {
    const update = () => setHere(location.pathname + location.search);
    moved.addEventListener('move', update);
    addEventListener('popstate', update);
    return () => {
      moved.removeEventListener('move', update);
      removeEventListener('popstate', update);
    };
  }, []);
  const [path, search] = here.split('?');
  return { path: path ?? '/', search: new URLSearchParams(search) };
}

/** `{name: value}` if the pattern (`/cases/:number`) fits the path, else null. */
export function match(pattern: string, path: string): Params | null {
  const wanted = pattern.split('/');
  const given = path.replace(/(.)\/$/, '$1').split('/');
  if (wanted.length !== given.length) return null;
  const params: Params = {};
  for (let i = 0; i < wanted.length; i++) {
    const part = wanted[i] ?? '';
    const value = given[i] ?? '';
    if (part.startsWith(':')) {
      try {
        params[part.slice(1)] = decodeURIComponent(value);
      } catch {
        return null;
      }
    } else if (part !== value) return null;
  }
  return params;
}

/** One value of the query string as state: what is filtered or sorted is in the address, so the back button works. */
export function useQuery(name: string, fallback = ''): [string, (value: string) => void] {
  const { search } = usePath();
  const set = (value: string) => setQuery({ [name]: value === fallback ? '' : value });
  return [search.get(name) ?? fallback, set];
}

export function setQuery(values: { [name: string]: string }, options: { replace?: boolean } = { replace: true }): void {
  const search = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value) search.set(name, value);
    else search.delete(name);
  }
  const text = search.toString();
  go(location.pathname + (text ? `?${text}` : ''), options);
}

/** Links inside the page move without loading it again; new tabs, downloads and other origins stay the browser's. */
export function followLinks(): void {
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = (event.target as Element).closest('a');
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (link.pathname.startsWith('/api/') || link.getAttribute('href')?.startsWith('#')) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
