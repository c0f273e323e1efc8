import { render } from 'preact';
import { App } from './app';
import { startLanguage } from './messages';
import { followLinks } from './router';
import { plainly, refreshSession, startTheme } from './state';
import { allowOnlyOurs } from './trusted';

allowOnlyOurs();
startTheme();
followLinks();
await Promise.all([startLanguage(), refreshSession().catch((error: unknown) => console.warn(plainly(error).title))]);
const place = document.getElementById('app');
if (place) render(<App />, place);

if ('serviceWorker' in navigator && isSecureContext) void navigator.serviceWorker.register('/sw.js');
