// The places in a screen where a viewer lives: they load it when they are first shown and clear it away when they go.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button, Note, Waiting } from '../components/basics';
import { t } from '../messages';
import type { Diagram } from '../types';
import type { DecisionView, TableMarks } from './decision';
import type { DiagramView } from './diagram';

export function DiagramHost({ diagram }: { diagram: Diagram }) {
  const ref = useRef<HTMLDivElement>(null);
  const view = useRef<DiagramView | null>(null);
  const [state, setState] = useState<'loading' | 'shown' | 'failed'>('loading');
  useEffect(() => {
    let isGone = false;
    import('./diagram')
      .then(({ showDiagram }) => (ref.current && !isGone ? showDiagram(ref.current, diagram) : null))
      .then((shown) => {
        if (isGone) shown?.destroy();
        else {
          view.current = shown;
          setState('shown');
        }
      })
      .catch((error: unknown) => {
        console.error(error);
        setState('failed');
      });
    return () => {
      isGone = true;
      view.current?.destroy();
      view.current = null;
    };
  }, [diagram]);
  if (state === 'failed') return <Note tone="warn">{t('diagram.failed')}</Note>;
  return (
    <div class="stack tight">
      {state === 'loading' && <Waiting />}
      <div class="diagram" ref={ref} role="group" aria-label={t('diagram.title')} />
      <div class="row no-print">
        <Button onClick={() => view.current?.zoom(1.3)}>{t('diagram.in')}</Button>
        <Button onClick={() => view.current?.fit()}>{t('diagram.fit')}</Button>
        <Button onClick={() => void ref.current?.requestFullscreen().then(() => setTimeout(() => view.current?.fit(), 200))}>{t('diagram.full')}</Button>
        <span class="quiet small">{t('diagram.legend')}</span>
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
