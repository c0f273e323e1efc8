// The browser refuses text where it expects HTML or a script's address (require-trusted-types-for), unless a policy lets it through. This is the only one.
interface TrustedTypes {
  createPolicy(name: string, rules: { createHTML: (html: string) => string; createScriptURL: (url: string) => string }): unknown;
}

/** Elements and attributes that can run or fetch something; none of the viewers' own templates has one. */
const dangerous = /<\s*(script|iframe|object|embed|link|meta|base|form|style)\b|\son[a-z]+\s*=|javascript:|<!doctype(?! html>)/i;

/**
 * The diagram and decision viewers build their small static templates from text: plain markup passes, nothing that could act.
 * The one script with an address given as text is our service worker.
 */
export function allowOnlyOurs(): void {
  const { trustedTypes } = window as unknown as { trustedTypes?: TrustedTypes };
  trustedTypes?.createPolicy('default', {
    createHTML: (html) => {
      if (dangerous.test(html)) throw new TypeError('markup that could act is refused');
      return html.replace(/\sstyle\s*=\s*("[^"]*"|'[^']*')/gi, ''); // the content policy would only complain about it
    },
    createScriptURL: (url) => {
      if (url !== '/sw.js') throw new TypeError('an unknown script is refused');
      return url;
    },
  });
}
