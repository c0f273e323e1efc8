// The places in a screen where a viewer lives: they load it when they are first shown and clear it away when they go.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button, Note, Waiting } from '../components/basics';
import { t } from '../messages';
import type { DecisionView, TableMarks } from './decision';
import type { DiagramView, Mark } from './diagram';

interface DiagramHostProps {
  bpmn: string;
  label: string;
  marks: Mark[];
  legend?: string;
  /** the element to bring into sight; an object, so that asking again for the same one is heard */
  focus?: { element: string } | null;
}

export function DiagramHost({ bpmn, label, marks, legend, focus }: DiagramHostProps) {
  const ref = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<DiagramView | null>(null);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    let made: DiagramView | null = null;
    let isGone = false;
    import('./diagram')
      .then(({ showDiagram }) => (ref.current && !isGone ? showDiagram(ref.current, bpmn) : null))
      .then((shown) => {
        if (isGone) return shown?.destroy();
        made = shown;
        setView(shown);
      })
      .catch((error: unknown) => {
        console.error(error);
        setFailed(true);
      });
    return () => {
      isGone = true;
      setView(null);
      made?.destroy();
    };
  }, [bpmn]);
  useEffect(() => view?.mark(marks), [view, marks]);
  useEffect(() => {
    if (focus) view?.focus(focus.element);
  }, [view, focus]);
  if (hasFailed) return <Note tone="warn">{t('diagram.failed')}</Note>;
  return (
    <div class="stack tight">
      {!view && <Waiting />}
      <div class="diagram" ref={ref} role="group" aria-label={label} />
      <div class="row no-print">
        <Button onClick={() => view?.zoom(1.3)}>{t('diagram.in')}</Button>
        <Button onClick={() => view?.zoom(1 / 1.3)}>{t('diagram.out')}</Button>
        <Button onClick={() => view?.fit()}>{t('diagram.fit')}</Button>
        <Button onClick={() => void ref.current?.requestFullscreen().then(() => setTimeout(() => view?.fit(), 200))}>{t('diagram.full')}</Button>
        {legend && <span class="quiet small">{legend}</span>}
      </div>
    </div>
  );
}

interface DecisionHostProps {
  xml: string;
  decision?: string;
  marks?: TableMarks;
  /** the rule to bring into sight; an object, so that asking again for the same one is heard */
  reveal?: { rule: number } | null;
}

export function DecisionHost({ xml, decision, marks, reveal }: DecisionHostProps) {
  const ref = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<DecisionView | null>(null);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    let made: DecisionView | null = null;
    let isGone = false;
    import('./decision')
      .then(({ showDecision }) => (ref.current && !isGone ? showDecision(ref.current, xml, decision) : null))
      .then((shown) => {
        if (isGone) return shown?.destroy();
        made = shown;
        setView(shown);
      })
      .catch((error: unknown) => {
        console.error(error);
        setFailed(true);
      });
    return () => {
      isGone = true;
      setView(null);
      made?.destroy();
    };
  }, [xml, decision]);
  useEffect(() => {
    if (marks) view?.mark(marks);
  }, [view, marks]);
  useEffect(() => {
    if (reveal) view?.reveal(reveal.rule);
  }, [view, reveal]);
  if (hasFailed) return <Note tone="warn">{t('diagram.failed')}</Note>;
  return <div class="diagram dmn" ref={ref} />;
}
