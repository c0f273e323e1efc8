// Where a case is and how it came there, on the drawing of its process: as it stands, or step by step.
import { useMemo, useState } from 'preact/hooks';
import { day, moment } from '../dates';
import { t } from '../messages';
import type { Diagram } from '../types';
import { Walk } from '../components/walk';
import type { Mark } from './diagram';
import { DiagramHost } from './hosts';

function asItStands(diagram: Diagram): Mark[] {
  const marks: Mark[] = [...diagram.done, ...diagram.flows].map((element) => ({ element, look: 'done' }));
  const tokens = new Map<string, { count: number; since?: string }>();
  for (const token of diagram.tokens) tokens.set(token.element, { count: (tokens.get(token.element)?.count ?? 0) + 1, since: token.since });
  for (const [element, { count, since }] of tokens)
    marks.push({ element, look: 'current', text: (count > 1 ? `${count} × ` : '') + (since ? t('step.since', day(since)) : t('diagram.here')) });
  return marks;
}

/** The first `count` things of a way: all but the last are behind us. */
export function wayTo(elements: string[], count: number): Mark[] {
  return elements.slice(0, count).map((element, index) => ({ element, look: index === count - 1 ? 'current' : 'done' }));
}

export function CaseDiagram({ diagram }: { diagram: Diagram }) {
  const [at, setAt] = useState<number | null>(null);
  const here = at === null ? null : diagram.path[at];
  const place = here?.element ?? diagram.tokens[0]?.element;
  const marks = useMemo(() => (at === null ? asItStands(diagram) : wayTo(diagram.path.map((step) => step.element), at + 1)), [diagram, at]);
  const focus = useMemo(() => (place ? { element: place } : null), [place]);
  return (
    <div class="stack">
      <DiagramHost bpmn={diagram.bpmn} label={t('diagram.title')} marks={marks} focus={focus} legend={t('diagram.legend')} />
      {diagram.path.length > 1 && (
        <Walk label={t('diagram.walk')} count={diagram.path.length} at={at} onMove={setAt}>
          {here && moment(here.at)}
        </Walk>
      )}
    </div>
  );
}
