// A viewer's style comes with the viewer: as a constructed style sheet, which the content policy allows.
const adopted = new Set<string>();

export function adoptSheet(text: string): void {
  if (adopted.has(text)) return;
  adopted.add(text);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
