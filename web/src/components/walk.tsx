// Goes along a way step by step: by hand, or by itself until the end or a touch.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../messages';
import { Button } from './basics';

const STEP_MS = 700;

interface WalkProps {
  label: string;
  count: number;
  /** null: not on the way */
  at: number | null;
  onMove: (at: number | null) => void;
  /** what is said of the step */
  children?: ComponentChildren;
}

export function Walk({ label, count, at, onMove, children }: WalkProps) {
  const [isPlaying, setPlaying] = useState(false);
  const last = count - 1;
  useEffect(() => {
    if (!isPlaying) return;
    if (at === last) {
      setPlaying(false);
      return;
    }
    const rest = setTimeout(() => onMove(at === null ? 0 : at + 1), STEP_MS);
    return () => clearTimeout(rest);
  }, [isPlaying, at]);
  const move = (to: number | null) => {
    setPlaying(false);
    onMove(to);
  };
  const play = () => {
    if (!isPlaying && at === last) onMove(0);
    setPlaying(!isPlaying);
  };
  return (
    <div class="row no-print" role="group" aria-label={label}>
      <Button icon={isPlaying ? 'pause' : 'play'} onClick={play}>
        {t(isPlaying ? 'walk.pause' : 'walk.play')}
      </Button>
      <Button icon="left" label={t('walk.before')} disabled={!at} onClick={() => move((at ?? 1) - 1)} />
      <Button icon="right" label={t('walk.next')} disabled={at === last} onClick={() => move(at === null ? 0 : at + 1)} />
      {at !== null && (
        <>
          <span class="figure" aria-live={isPlaying ? 'off' : 'polite'}>
            {t('walk.at', at + 1, count)} {children}
          </span>
          <Button kind="plain" onClick={() => move(null)}>
            {t('walk.leave')}
          </Button>
        </>
      )}
    </div>
  );
}
