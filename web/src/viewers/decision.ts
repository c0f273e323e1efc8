// dmn-js: a decision as its table. Loaded on demand.
import Viewer from 'dmn-js/lib/NavigatedViewer';
import sheet from 'sheet:./decision.css';
import { has, t } from '../messages';
import type { TableTrace } from '../types';
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

/** What is said of a table's rows: how a trial went, what the proof found. Rules count from 1. */
export interface TableMarks {
  trace?: TableTrace | null;
  /** of the hit policy: where the first rule decides, later ones that fit as well are only said to fit */
  policy?: string;
  findings: { rules: number[]; detail: string }[];
}

export interface DecisionView {
  mark(marks: TableMarks): void;
  /** brings a rule into sight */
  reveal(rule: number): void;
  destroy(): void;
}

const markClasses = ['gx-hit', 'gx-also', 'gx-miss', 'gx-cell-failed', 'gx-cell-unknown', 'gx-found'];

function unsaid(text: string): HTMLElement {
  const words = document.createElement('span');
  words.className = 'unseen gx-mark';
  words.textContent = text;
  return words;
}

/** Rows are found by their order, which is that of the rules: a file need not give them ids. */
function rowsOf(container: HTMLElement): HTMLElement[] {
  return [...container.querySelectorAll<HTMLElement>('.tjs-table tbody tr')].filter((row) => row.querySelector('td.input-cell, td.output-cell'));
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return t('decision.empty');
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function markRow(row: HTMLElement, rule: number, { trace, policy, findings }: TableMarks): void {
  const index = row.querySelector('td');
  if (trace) {
    const fits = trace.matched.includes(rule);
    const decides = fits && (policy !== 'F' || rule === Math.min(...trace.matched));
    row.classList.add(decides ? 'gx-hit' : fits ? 'gx-also' : 'gx-miss');
    if (fits) index?.append(unsaid(t(decides ? 'trace.hit' : 'trace.also')));
    const cells = trace.rules.find((entry) => entry.rule === rule)?.cells ?? [];
    row.querySelectorAll<HTMLElement>('td.input-cell').forEach((cell, column) => {
      const state = cells[column];
      if (state !== 'failed' && state !== 'unknown') return;
      const input = trace.inputs[column];
      const test = cell.textContent ?? '';
      cell.classList.add(`gx-cell-${state}`);
      cell.title = t(`decision.cell.${state}`, input?.label ?? '', shown(input?.value), test);
      cell.append(unsaid(cell.title));
    });
  }
  const found = findings.filter((finding) => finding.rules.includes(rule));
  if (!index || !found.length) return;
  index.classList.add('gx-found');
  index.title = found.map((finding) => finding.detail).join('\n');
  index.append(unsaid(index.title));
}

function clearMarks(container: HTMLElement): void {
  for (const words of container.querySelectorAll('.gx-mark')) words.remove();
  for (const marked of container.querySelectorAll<HTMLElement>(markClasses.map((name) => `.${name}`).join())) {
    marked.classList.remove(...markClasses);
    marked.removeAttribute('title');
  }
}

export async function showDecision(container: HTMLElement, xml: string, decision?: string): Promise<DecisionView> {
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
  return {
    mark: (marks) => {
      clearMarks(container);
      rowsOf(container).forEach((row, index) => markRow(row, index + 1, marks));
    },
    reveal: (rule) => rowsOf(container)[rule - 1]?.scrollIntoView({ block: 'center' }),
    destroy: () => viewer.destroy(),
  };
}
