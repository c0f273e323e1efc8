// dmn-js: a decision as its table. Loaded on demand.
import Viewer from 'dmn-js/lib/NavigatedViewer';
import sheet from 'sheet:./decision.css';
import { has, t } from '../messages';
import { adoptSheet } from './adopt';

interface View {
  type: string;
  element: { id: string; name?: string };
}
interface DmnViewer {
  importXML(xml: string): Promise<unknown>;
  getViews(): View[];
  open(view: View): Promise<unknown>;
  destroy(): void;
}

/** The library reads DMN 1.3. Tables of 1.4 to 1.6 are written the same way under later namespaces. */
const asReadable = (xml: string) => xml.replace(/(omg\.org\/spec\/DMN\/)(?:20211108|20230324|20240513)(\/(?:MODEL|DMNDI|FEEL)\/)/g, '$120191111$2');

/** The library's words: its English is the key. */
const ours = { additionalModules: [{ translate: ['value', (text: string) => (has(`dmn-js.${text}`) ? t(`dmn-js.${text}`) : text)] }] };

export async function showDecision(container: HTMLElement, xml: string, decision?: string): Promise<{ destroy(): void }> {
  adoptSheet(sheet);
  const viewer = new (Viewer as unknown as new (options: object) => DmnViewer)({ container, drd: ours, decisionTable: ours, literalExpression: ours, boxedExpression: ours });
  await viewer.importXML(asReadable(xml));
  const views = viewer.getViews();
  const asked = views.find((view) => view.element.id === decision || view.element.name === decision);
  // a decision that only gathers others is best shown by the first table below it; the diagram leads to the rest
  const wanted = asked?.type === 'decisionTable' ? asked : (views.find((view) => view.type === 'decisionTable') ?? asked);
  if (wanted) await viewer.open(wanted);
  for (const header of container.querySelectorAll('th.index-column')) {
    const words = document.createElement('span'); // the library leaves this header without a word
    words.className = 'unseen';
    words.textContent = t('trace.number');
    header.append(words);
  }
  for (const scrolled of container.querySelectorAll<HTMLElement>('.tjs-table-container')) scrolled.tabIndex = 0; // wide tables scroll, with keys too
  return { destroy: () => viewer.destroy() };
}
