// bpmn-js: the process as drawn, with what is done and where the tokens stand. Loaded on demand.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import sheet from 'sheet:./diagram.css';
import { day } from '../dates';
import { t } from '../messages';
import type { Diagram } from '../types';
import { adoptSheet } from './adopt';

interface Canvas {
  zoom(to: 'fit-viewport' | number, center?: 'auto'): number;
  addMarker(element: string, marker: string): void;
}
interface Overlays {
  add(element: string, overlay: { position: { top?: number; left?: number; bottom?: number; right?: number }; html: HTMLElement }): void;
}
interface Registry {
  get(element: string): object | undefined;
}

export interface DiagramView {
  zoom(by: number): void;
  fit(): void;
  destroy(): void;
}

export async function showDiagram(container: HTMLElement, diagram: Diagram): Promise<DiagramView> {
  adoptSheet(sheet);
  const viewer = new NavigatedViewer({ container });
  await viewer.importXML(diagram.bpmn);
  const canvas = viewer.get<Canvas>('canvas');
  const overlays = viewer.get<Overlays>('overlays');
  const registry = viewer.get<Registry>('elementRegistry');
  for (const element of [...diagram.done, ...diagram.flows]) if (registry.get(element)) canvas.addMarker(element, 'gx-done');
  const counts = new Map<string, { count: number; since?: string }>();
  for (const token of diagram.tokens)
    counts.set(token.element, { count: (counts.get(token.element)?.count ?? 0) + 1, since: token.since });
  for (const [element, { count, since }] of counts) {
    if (!registry.get(element)) continue;
    canvas.addMarker(element, 'gx-current');
    const mark = document.createElement('div');
    mark.className = 'gx-token';
    mark.textContent = (count > 1 ? `${count} × ` : '') + (since ? t('step.since', day(since)) : t('diagram.here'));
    overlays.add(element, { position: { top: -12, left: 8 }, html: mark });
  }
  canvas.zoom('fit-viewport', 'auto');
  return {
    zoom: (by) => canvas.zoom(canvas.zoom('fit-viewport') * by, 'auto'),
    fit: () => canvas.zoom('fit-viewport', 'auto'),
    destroy: () => viewer.destroy(),
  };
}
