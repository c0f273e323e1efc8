// bpmn-js: a process as drawn, with marks on its elements: what is done, where the tokens stand, how warm, what is wrong. Loaded on demand.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import sheet from 'sheet:./diagram.css';
import { adoptSheet } from './adopt';

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}
interface Canvas {
  zoom(to?: 'fit-viewport' | number, center?: 'auto'): number;
  resized(): void;
  viewbox(): Box & { inner: Box };
  addMarker(element: string, marker: string): void;
  removeMarker(element: string, marker: string): void;
  scrollToElement(element: string, padding?: number): void;
}
interface Overlays {
  add(element: string, overlay: { position: { top?: number; left?: number; bottom?: number; right?: number }; html: HTMLElement }): string;
  remove(id: string): void;
}
interface Registry {
  get(element: string): { waypoints?: unknown } | undefined;
}

export type Look = 'done' | 'current' | 'found' | 'heat-1' | 'heat-2' | 'heat-3' | 'heat-4' | 'heat-5';

export interface Mark {
  element: string;
  look: Look;
  /** a word or a figure at the element */
  text?: string;
  title?: string;
}

export interface DiagramView {
  /** instead of the marks before */
  mark(marks: Mark[]): void;
  focus(element: string): void;
  zoom(by: number): void;
  fit(): void;
  destroy(): void;
}

// scales: below the first names cannot be read; who wants to see a part of the drawing gets the second
const LEAST_READABLE = 0.6;
const READABLE = 0.8;
const LEAST_HEIGHT = 240; // px: a diagram of one line still has room for its marks

/** As high as the drawing needs at the width there is; the style sheet says how high at most. */
function suitHeight(container: HTMLElement, canvas: Canvas): void {
  const { inner } = canvas.viewbox();
  const needed = (inner.height / Math.max(1, inner.width)) * container.clientWidth * 1.15 + 32;
  container.style.height = `${Math.max(LEAST_HEIGHT, Math.round(needed))}px`;
  canvas.resized();
}

export async function showDiagram(container: HTMLElement, bpmn: string): Promise<DiagramView> {
  adoptSheet(sheet);
  const viewer = new NavigatedViewer({ container });
  await viewer.importXML(bpmn);
  const canvas = viewer.get<Canvas>('canvas');
  const overlays = viewer.get<Overlays>('overlays');
  const registry = viewer.get<Registry>('elementRegistry');
  let marked: [string, string][] = [];
  let words: string[] = [];

  function put({ element, look, text, title }: Mark): void {
    const found = registry.get(element);
    if (!found) return;
    canvas.addMarker(element, `gx-${look}`);
    marked.push([element, `gx-${look}`]);
    if (!text) return;
    const html = document.createElement('div');
    html.className = `gx-word gx-word-${look}`;
    html.textContent = text;
    if (title) html.title = title;
    words.push(overlays.add(element, { position: found.waypoints ? { top: -8, left: 0 } : { top: -12, left: 8 }, html }));
  }

  suitHeight(container, canvas);
  canvas.zoom('fit-viewport', 'auto');
  return {
    mark: (marks) => {
      for (const [element, name] of marked) canvas.removeMarker(element, name);
      for (const id of words) overlays.remove(id);
      marked = [];
      words = [];
      marks.forEach(put);
    },
    focus: (element) => {
      if (!registry.get(element)) return;
      if (canvas.zoom() < LEAST_READABLE) canvas.zoom(READABLE, 'auto');
      canvas.scrollToElement(element, 80);
    },
    zoom: (by) => canvas.zoom(canvas.zoom() * by, 'auto'),
    fit: () => canvas.zoom('fit-viewport', 'auto'),
    destroy: () => viewer.destroy(),
  };
}
