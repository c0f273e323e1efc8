// Field with label, hint and mistake; text, area, select, checkbox, choices, search.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { t } from '../messages';
import { Icon } from './icon';

interface FieldProps {
  label: string;
  hint?: string;
  mistake?: string | null;
  isNeeded?: boolean;
  children: (ids: { id: string; describedBy: string | undefined; isWrong: boolean }) => ComponentChildren;
}

export function Field({ label, hint, mistake, isNeeded, children }: FieldProps) {
  const id = useId();
  const notes = [hint && `${id}-hint`, mistake && `${id}-mistake`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>
        {label} {isNeeded && <span class="needed">{t('field.needed')}</span>}
      </label>
      {hint && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {children({ id, describedBy: notes || undefined, isWrong: Boolean(mistake) })}
      {mistake && (
        <span class="mistake" id={`${id}-mistake`}>
          <Icon name="warn" />
          {mistake}
        </span>
      )}
    </div>
  );
}

interface TextProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  hint?: string;
  mistake?: string | null;
  isNeeded?: boolean;
  type?: 'text' | 'password' | 'date' | 'number' | 'tel';
  autocomplete?: 'username' | 'current-password' | 'new-password' | 'off';
  placeholder?: string;
}

export function TextField(props: TextProps) {
  const { value, onInput, type = 'text', autocomplete, placeholder } = props;
  return (
    <Field {...props}>
      {({ id, describedBy, isWrong }) => (
        <input
          class="input"
          id={id}
          type={type}
          value={value}
          required={props.isNeeded}
          autocomplete={autocomplete}
          placeholder={placeholder}
          aria-describedby={describedBy}
          aria-invalid={isWrong}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export function TextArea(props: Omit<TextProps, 'type' | 'autocomplete'>) {
  return (
    <Field {...props}>
      {({ id, describedBy, isWrong }) => (
        <textarea
          class="input"
          id={id}
          value={props.value}
          required={props.isNeeded}
          placeholder={props.placeholder}
          aria-describedby={describedBy}
          aria-invalid={isWrong}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export interface Option {
  value: string;
  text: string;
}

export function Select(props: { label: string; value: string; options: Option[]; onChange: (value: string) => void; hint?: string }) {
  return (
    <Field label={props.label} hint={props.hint}>
      {({ id, describedBy }) => (
        <select class="input" id={id} value={props.value} aria-describedby={describedBy} onChange={(event) => props.onChange(event.currentTarget.value)}>
          {props.options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function Check(props: { checked: boolean; onChange: (checked: boolean) => void; children: ComponentChildren; disabled?: boolean }) {
  return (
    <label class="check">
      <input type="checkbox" checked={props.checked} disabled={props.disabled} onChange={(event) => props.onChange(event.currentTarget.checked)} />
      <span>{props.children}</span>
    </label>
  );
}

export function Choices(props: { label: string; value: string; options: Option[]; onChange: (value: string) => void; isSmall?: boolean; hideLabel?: boolean }) {
  const name = useId();
  return (
    <fieldset>
      <legend class={props.hideLabel ? 'unseen' : 'label'}>{props.label}</legend>
      <div class={props.isSmall ? 'choices small' : 'choices'}>
        {props.options.map((option) => (
          <label key={option.value}>
            <input type="radio" name={name} value={option.value} checked={option.value === props.value} onChange={() => props.onChange(option.value)} />
            {option.text}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Tells what was typed after a short rest, so that a list is asked for once a word, not once a key. */
export function Search(props: { label: string; value: string; onSearch: (value: string) => void; isBig?: boolean; placeholder?: string }) {
  const [text, setText] = useState(props.value);
  useEffect(() => setText(props.value), [props.value]);
  useEffect(() => {
    if (text === props.value) return;
    const rest = setTimeout(() => props.onSearch(text), 200);
    return () => clearTimeout(rest);
  }, [text]);
  return (
    <form
      class={props.isBig ? 'search big' : 'search'}
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        props.onSearch(text);
      }}
    >
      <Icon name="search" />
      <input
        class="input"
        type="search"
        aria-label={props.label}
        placeholder={props.placeholder ?? props.label}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </form>
  );
}
