// What every viewer needs before it starts: its style, and the one policy through which it may make HTML.
const adopted = new Set<string>();

export function adoptSheet(text: string): void {
  if (adopted.has(text)) return;
  adopted.add(text);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createHTML: (html: string) => string }): unknown;
}

/** Elements and attributes that can run or fetch something; none of the viewers' own templates has one. */
const dangerous = /<\s*(script|iframe|object|embed|link|meta|base|form|style)\b|\son[a-z]+\s*=|javascript:|\sstyle\s*=|<!doctype(?! html>)/i;

/**
 * The browser refuses text where it expects HTML unless a policy lets it through (require-trusted-types-for). The diagram and
 * decision viewers build their small static templates from text, so the default policy passes plain markup and nothing that could act.
 */
export function allowTemplates(): void {
  const trustedTypes = (window as unknown as { trustedTypes?: TrustedTypes & { defaultPolicy: unknown } }).trustedTypes;
  if (!trustedTypes || trustedTypes.defaultPolicy) return;
  trustedTypes.createPolicy('default', {
    createHTML: (html) => {
      if (dangerous.test(html)) throw new TypeError('markup that could act is refused');
      return html;
    },
  });
}
