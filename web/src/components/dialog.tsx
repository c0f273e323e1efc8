// Dialog (the browser's own: it keeps the focus inside and gives it back), toasts, tabs.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { t } from '../messages';
import { toasts } from '../state';
import { Button } from './basics';

export function Dialog(props: { title: string; onClose: () => void; isWide?: boolean; actions?: ComponentChildren; children: ComponentChildren }) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog class={props.isWide ? 'dialog wide' : 'dialog'} ref={ref} aria-labelledby={id} onClose={props.onClose}>
      <header>
        <h2 id={id}>{props.title}</h2>
        <Button kind="plain" icon="cross" label={t('close')} onClick={() => ref.current?.close()} />
      </header>
      <div class="body">{props.children}</div>
      {props.actions && <footer>{props.actions}</footer>}
    </dialog>
  );
}

export function Toasts() {
  const list = toasts.use();
  return (
    <div class="toasts" role="status" aria-live="polite">
      {list.map((toast) => (
        <div key={toast.id} class={`toast ${toast.kind}`}>
          {toast.text}
        </div>
      ))}
    </div>
  );
}

export function Tabs(props: { label: string; value: string; tabs: { value: string; text: string }[]; onChange: (value: string) => void }) {
  const move = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (!step) return;
    const at = props.tabs.findIndex((tab) => tab.value === props.value);
    const next = props.tabs[(at + step + props.tabs.length) % props.tabs.length];
    if (!next) return;
    props.onChange(next.value);
    const list = event.currentTarget as HTMLElement;
    requestAnimationFrame(() => list.querySelector<HTMLElement>('[aria-selected="true"]')?.focus());
  };
  return (
    <div class="tabs no-print" role="tablist" aria-label={props.label} onKeyDown={move}>
      {props.tabs.map((tab) => (
        <button
          key={tab.value}
          type="button"
          role="tab"
          aria-selected={tab.value === props.value}
          tabIndex={tab.value === props.value ? 0 : -1}
          onClick={() => props.onChange(tab.value)}
        >
          {tab.text}
        </button>
      ))}
    </div>
  );
}
