// The frame of every screen: header, the table of routes, sign-in where it is needed.
import type { ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, register, whenSessionLost } from './api';
import { Blank, Button } from './components/basics';
import { Toasts } from './components/dialog';
import { language, setLanguage, t, term, whenLanguageChanges } from './messages';
import { homeOf, isAdmin, isApplicant, isAuditor, isHead, isLeader, isReviewer, isStaff, isWindow } from './roles';
import { go, match, usePath, type Params } from './router';
import { say, session, setTheme, stopEvents, theme, useEvents, useLoad } from './state';
import type { Session } from './types';

type Screen = ComponentType<Params>;
interface Route {
  pattern: string;
  load: () => Promise<Screen>;
  isPublic?: boolean;
}

const routes: Route[] = [
  { pattern: '/', load: async () => (await import('./screens/home')).Home, isPublic: true },
  { pattern: '/sign-in', load: async () => (await import('./screens/sign-in')).SignIn, isPublic: true },
  { pattern: '/matters', load: async () => (await import('./screens/matters')).Matters, isPublic: true },
  { pattern: '/matters/:id', load: async () => (await import('./screens/matters')).MatterPage, isPublic: true },
  { pattern: '/v', load: async () => (await import('./screens/verify')).Verify, isPublic: true },
  { pattern: '/v/:code', load: async () => (await import('./screens/verify')).Verify, isPublic: true },
  { pattern: '/ui', load: async () => (await import('./screens/sheet')).ComponentSheet, isPublic: true },
  { pattern: '/apply/:matter', load: async () => (await import('./screens/apply')).StartApplication },
  { pattern: '/drafts/:id', load: async () => (await import('./screens/draft')).DraftEditor },
  { pattern: '/receipt/:number', load: async () => (await import('./screens/receipt')).ReceiptPage },
  { pattern: '/cases', load: async () => (await import('./screens/cases')).Cases },
  { pattern: '/cases/:number', load: async () => (await import('./screens/case')).CasePage },
  { pattern: '/window', load: async () => (await import('./screens/worklist')).WindowQueue },
  { pattern: '/tasks', load: async () => (await import('./screens/worklist')).Worklist },
  { pattern: '/registers', load: async () => (await import('./screens/registers')).Registers },
  { pattern: '/registers/:id', load: async () => (await import('./screens/register')).RegisterList },
  { pattern: '/registers/:id/:record', load: async () => (await import('./screens/register')).RecordPage },
  { pattern: '/permits', load: async () => (await import('./screens/permits')).Permits },
  { pattern: '/notices', load: async () => (await import('./screens/notices')).Notices },
  { pattern: '/account', load: async () => (await import('./screens/sign-in')).AccountPage },
  { pattern: '/decisions', load: async () => (await import('./screens/decisions')).Decisions },
  { pattern: '/decisions/:id', load: async () => (await import('./screens/decision')).DecisionPage },
  { pattern: '/processes', load: async () => (await import('./screens/processes')).Processes },
  { pattern: '/processes/:id', load: async () => (await import('./screens/process')).ProcessPage },
  { pattern: '/incidents', load: async () => (await import('./screens/incidents')).Incidents },
  { pattern: '/admin/packages', load: async () => (await import('./screens/admin')).Packages },
  { pattern: '/admin/audit', load: async () => (await import('./screens/admin')).Audit },
  { pattern: '/admin/webhooks', load: async () => (await import('./screens/webhooks')).Webhooks },
  { pattern: '/admin/accounts', load: async () => (await import('./screens/admin')).Accounts },
];

interface Place {
  href: string;
  key: string;
  isFor: (who: Session | null) => boolean;
}

const places: Place[] = [
  { href: '/', key: 'nav.home', isFor: (who) => !who || isApplicant(who) },
  { href: '/window', key: 'nav.window', isFor: isWindow },
  { href: '/tasks', key: 'nav.tasks', isFor: isReviewer },
  { href: '/cases', key: 'nav.cases', isFor: (who) => Boolean(who) },
  { href: '/matters', key: 'nav.matters', isFor: () => true },
  { href: '/permits', key: 'nav.permits', isFor: (who) => Boolean(who) },
  { href: `/registers/${register.projects}`, key: 'nav.projects', isFor: isStaff },
  { href: '/registers', key: 'nav.registers', isFor: isStaff },
  { href: '/processes', key: 'nav.processes', isFor: (who) => isAdmin(who) || isLeader(who) || isHead(who) },
  { href: '/decisions', key: 'nav.decisions', isFor: (who) => isAdmin(who) || isLeader(who) || isHead(who) },
  { href: '/incidents', key: 'nav.incidents', isFor: isAdmin },
  { href: '/admin/packages', key: 'nav.packages', isFor: isAdmin },
  { href: '/admin/accounts', key: 'nav.accounts', isFor: isAdmin },
  { href: '/admin/webhooks', key: 'nav.webhooks', isFor: isAdmin },
  { href: '/admin/audit', key: 'nav.audit', isFor: isAuditor },
  { href: '/v', key: 'nav.verify', isFor: (who) => !who },
];

function isHere(href: string, path: string): boolean {
  if (href === '/') return path === '/';
  if (href === '/registers') return path.startsWith('/registers') && !path.startsWith(`/registers/${register.projects}`);
  return path === href || path.startsWith(`${href}/`);
}

function Bell() {
  const notices = useLoad('notices', api.notices);
  useEvents(['notice', 'case'], notices.reload);
  const fresh = notices.value?.items.filter((notice) => !notice.readAt).length ?? 0;
  return (
    <Button kind="plain" icon="bell" href="/notices" label={t('nav.notices', fresh)}>
      {fresh > 0 && <span class="tag bad figure">{fresh}</span>}
    </Button>
  );
}

function Header({ path, isWide }: { path: string; isWide: boolean }) {
  const who = session.use();
  const shade = theme.use();
  const isNight = shade === 'dark' || (shade === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  const leave = async () => {
    try {
      await api.signOut();
    } catch (error) {
      say(error);
    }
    stopEvents();
    session.set(null);
    go('/sign-in');
  };
  const other = language() === 'zh' ? 'en' : 'zh';
  return (
    <header class={isWide ? 'topbar wide' : 'topbar'}>
      <div>
        <a class="brand" href={homeOf(who)}>
          <img src="/icon.svg" alt="" width={32} height={32} />
          {t('app.name')}
        </a>
        <nav aria-label={t('nav')}>
          {places
            .filter((place) => place.isFor(who))
            .map((place) => (
              <a key={place.href} href={place.href} aria-current={isHere(place.href, path) ? 'page' : undefined}>
                {t(place.key)}
              </a>
            ))}
        </nav>
        <div class="tools">
          <Button kind="plain" onClick={() => setLanguage(other)} label={`${t('language.other')} ${t('language.switch')}`}>
            <span lang={other === 'zh' ? 'zh-CN' : 'en'}>{t('language.other')}</span>
          </Button>
          <Button kind="plain" icon={isNight ? 'sun' : 'moon'} label={t(isNight ? 'theme.light' : 'theme.dark')} onClick={() => setTheme(isNight ? 'light' : 'dark')} />
          {who ? (
            <>
              <Bell />
              <a class="person" href="/account">
                {who.person.name}
                <br />
                <span class="small quiet">{who.person.department ? term('department', who.person.department) : (who.person.enterprises[0]?.name ?? '')}</span>
              </a>
              <Button onClick={leave}>{t('sign-out')}</Button>
            </>
          ) : (
            path !== '/sign-in' && (
              <Button kind="main" href={`/sign-in?to=${encodeURIComponent(path)}`}>
                {t('sign-in')}
              </Button>
            )
          )}
        </div>
      </div>
    </header>
  );
}

function useScreen(path: string): { Screen: Screen | null; params: Params; route: Route | null; hasFailed: boolean } {
  const [found, setFound] = useState<{ route: Route; Screen: Screen } | null>(null);
  const [hasFailed, setFailed] = useState(false);
  let route: Route | null = null;
  let params: Params = {};
  for (const one of routes) {
    const fits = match(one.pattern, path);
    if (fits) {
      route = one;
      params = fits;
      break;
    }
  }
  useEffect(() => {
    if (!route) return;
    let isCurrent = true;
    const wanted = route;
    setFailed(false);
    wanted.load().then(
      (Screen) => isCurrent && setFound({ route: wanted, Screen }),
      () => isCurrent && setFailed(true),
    );
    return () => {
      isCurrent = false;
    };
  }, [route]);
  return { Screen: found && found.route === route ? found.Screen : null, params, route, hasFailed };
}

/** The window's title is the screen's heading; after a move the focus goes to the new screen, so that a screen reader reads on there. */
function useTitle(path: string): void {
  useEffect(() => {
    const main = document.getElementById('main');
    if (!main) return;
    const name = () => {
      const heading = main.querySelector('h1')?.textContent;
      document.title = heading ? `${heading} · ${t('app.name')}` : t('app.name');
    };
    const watch = new MutationObserver(name);
    watch.observe(main, { childList: true, subtree: true });
    name();
    return () => watch.disconnect();
  }, [path]);
  const isFirst = useRef(true);
  useEffect(() => {
    if (!isFirst.current) document.getElementById('main')?.focus({ preventScroll: true });
    isFirst.current = false;
  }, [path]);
}

export function App() {
  const { path, search } = usePath();
  const who = session.use();
  const [, again] = useState(0);
  useEffect(() => whenLanguageChanges(() => again((n) => n + 1)), []);
  useEffect(
    () =>
      whenSessionLost(() => {
        stopEvents();
        session.set(null);
      }),
    [],
  );
  const { Screen, params, route, hasFailed } = useScreen(path);
  useTitle(path);
  const isWide = /^\/(window|tasks|registers\/|cases$|decisions\/|processes\/)/.test(path);
  const mustSignIn = Boolean(route && !route.isPublic && !who);
  useEffect(() => {
    const query = search.toString();
    if (mustSignIn) go(`/sign-in?to=${encodeURIComponent(path + (query ? `?${query}` : ''))}`, { replace: true });
    else if (path === '/' && who && homeOf(who) !== '/') go(homeOf(who), { replace: true });
  }, [mustSignIn, path, who]);
  return (
    <>
      <a class="button main skip" href="#main" onClick={() => document.getElementById('main')?.focus()}>
        {t('skip')}
      </a>
      <Header path={path} isWide={isWide} />
      <main id="main" tabIndex={-1} class={isWide ? 'page wide' : 'page'}>
        {!route && (
          <Blank isPage icon="search" title={t('blank.404')}>
            <p>{t('blank.404.text')}</p>
            <Button href="/">{t('go.home')}</Button>
          </Blank>
        )}
        {hasFailed && (
          <Blank isPage icon="warn" title={t('error.load')}>
            <Button onClick={() => location.reload()}>{t('retry')}</Button>
          </Blank>
        )}
        {Screen && !mustSignIn && <Screen key={`${path}|${language()}`} {...params} />}
      </main>
      <footer class="foot no-print">{t('foot')}</footer>
      <Toasts />
    </>
  );
}

