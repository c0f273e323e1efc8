// dmn-js: a decision as its table. Loaded on demand.
import Viewer from 'dmn-js/lib/NavigatedViewer';
import sheet from 'sheet:./decision.css';
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

export async function showDecision(container: HTMLElement, xml: string, decision?: string): Promise<{ destroy(): void }> {
  adoptSheet(sheet);
  const viewer = new (Viewer as unknown as new (options: { container: HTMLElement }) => DmnViewer)({ container });
  await viewer.importXML(xml);
  const views = viewer.getViews();
  const wanted = views.find((view) => view.element.id === decision || view.element.name === decision) ?? views.find((view) => view.type === 'decisionTable');
  if (wanted) await viewer.open(wanted);
  return { destroy: () => viewer.destroy() };
}
