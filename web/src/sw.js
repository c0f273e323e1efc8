// The service worker: keeps the page's own files, and the last answers of a few lists, so that a phone on a bad network still
// opens what it saw last. It never keeps a changing request and never answers one.
const name = 'gaoxing-1';
const shell = '{{shell}}';
const kept = /^\/api\/v1\/(session|messages|drafts|tasks|cases|matters|forms|notices)(\/|\?|$)/;

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(name).then((cache) => cache.addAll(shell)).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});

/** Whoever signs out on a shared machine leaves nothing behind: the page sends this message. */
self.addEventListener('message', (event) => {
  if (event.data === 'forget')
    event.waitUntil(caches.open(name).then(async (cache) => {
      for (const request of await cache.keys())
        if (new URL(request.url).pathname.startsWith('/api/')) await cache.delete(request);
    }));
});

async function networkFirst(request, key) {
  const cache = await caches.open(name);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(key, answer.clone());
    return answer;
  } catch (error) {
    const found = await cache.match(key);
    if (found) return found;
    throw error;
  }
}

async function cacheFirst(request) {
  const found = await caches.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) (await caches.open(name)).put(request, answer.clone());
  return answer;
}

self.addEventListener('fetch', (event) => {
  const request = event.request;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (url.pathname.startsWith('/assets/')) event.respondWith(cacheFirst(request));
  else if (request.mode === 'navigate' && !url.pathname.startsWith('/api/')) event.respondWith(networkFirst(request, '/'));
  else if (kept.test(url.pathname + url.search)) event.respondWith(networkFirst(request, request));
});
