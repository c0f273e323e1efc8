// A form made of what a decision asks for: a field for each value, of its type, with what it may be. An empty field is no value.
import { useId, useState } from 'preact/hooks';
import { t } from '../messages';
import type { Data, DecisionInput, Json } from '../types';
import { Choices, Field, Select, TextArea } from './fields';

export function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || value === '';
}

/** `project.landMode` of {project: {landMode}}, without changing what was given. */
export function withValue(data: Data, path: string[], value: Json | undefined): Data {
  const [name = '', ...rest] = path;
  const next = { ...data };
  if (rest.length) {
    const inner = next[name];
    next[name] = withValue(inner && typeof inner === 'object' && !Array.isArray(inner) ? inner : {}, rest, value);
  } else if (isEmpty(value)) delete next[name];
  else next[name] = value ?? null;
  return next;
}

export function valueAt(data: Data, path: string[]): Json | undefined {
  let found: Json | undefined = data;
  for (const name of path) found = found && typeof found === 'object' && !Array.isArray(found) ? found[name] : undefined;
  return found;
}

/** What a table compares with makes a better example than nothing. */
export function exampleOf(inputs: DecisionInput[]): Data {
  const data: Data = {};
  for (const input of inputs) {
    const first = input.values?.[0] ?? input.suggested?.[0];
    if (input.fields) data[input.name] = exampleOf(input.fields);
    else if (first !== undefined) data[input.name] = first;
    else if (input.type === 'boolean') data[input.name] = false;
  }
  return data;
}

const inputTypes: { [type: string]: 'text' | 'number' | 'date' | 'datetime-local' | 'time' } = {
  number: 'number',
  date: 'date',
  time: 'time',
  'date and time': 'datetime-local',
};

interface OneProps {
  input: DecisionInput;
  value: Json | undefined;
  mistake?: string | null;
  onChange: (value: Json | undefined) => void;
}

/** Anything without a field of its own is written as JSON; what cannot be read yet is not taken over. */
function Written({ input, value, mistake, onChange }: OneProps) {
  const [text, setText] = useState(value === undefined ? '' : JSON.stringify(value));
  const [isWrong, setWrong] = useState(false);
  const read = (next: string) => {
    setText(next);
    try {
      onChange(next.trim() ? (JSON.parse(next) as Json) : undefined);
      setWrong(false);
    } catch {
      setWrong(true);
    }
  };
  return <TextArea label={input.label ?? input.name} hint={t('trial.json')} value={text} onInput={read} mistake={isWrong ? t('trial.json.wrong') : mistake} />;
}

function One(props: OneProps) {
  const { input, value, mistake, onChange } = props;
  const list = useId();
  const label = input.label ?? input.name;
  if (input.type === 'boolean')
    return (
      <Choices
        isSmall
        label={label}
        value={value === undefined ? '' : String(value)}
        onChange={(next) => onChange(next === '' ? undefined : next === 'true')}
        options={[
          { value: 'true', text: t('yes') },
          { value: 'false', text: t('no') },
          { value: '', text: t('trial.empty') },
        ]}
      />
    );
  if (input.values?.length)
    return (
      <Select
        label={label}
        value={isEmpty(value) ? '' : JSON.stringify(value)}
        onChange={(next) => onChange(next ? (JSON.parse(next) as Json) : undefined)}
        options={[{ value: '', text: t('trial.empty') }, ...input.values.map((one) => ({ value: JSON.stringify(one), text: String(one) }))]}
      />
    );
  if (input.type === 'list' || input.type === 'context' || input.type === 'any' || input.type === 'range') return <Written {...props} />;
  const isFigure = input.type === 'number';
  const take = (text: string) => onChange(text === '' ? undefined : isFigure ? Number(text) : text);
  const suggested = (input.suggested ?? []).map(String);
  return (
    <Field label={label} hint={input.allowed ? t('trial.allowed', input.allowed) : undefined} mistake={mistake}>
      {({ id, describedBy, isWrong }) => (
        <>
          <input
            class="input"
            id={id}
            type={inputTypes[input.type] ?? 'text'}
            step={isFigure ? 'any' : undefined}
            list={suggested.length ? list : undefined}
            value={isEmpty(value) ? '' : String(value)}
            aria-describedby={describedBy}
            aria-invalid={isWrong}
            onInput={(event) => take(event.currentTarget.value)}
          />
          {suggested.length > 0 && (
            <datalist id={list}>
              {suggested.map((one) => (
                <option key={one} value={one} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}

interface ValueFormProps {
  inputs: DecisionInput[];
  data: Data;
  /** by path, as in "project.landMode" */
  mistakes: { [path: string]: string };
  path?: string[];
  onChange: (data: Data) => void;
}

export function ValueForm({ inputs, data, mistakes, path = [], onChange }: ValueFormProps) {
  return (
    <>
      {inputs.map((input) => {
        const here = [...path, input.name];
        if (input.fields)
          return (
            <fieldset key={input.name} class="stack">
              {inputs.length > 1 && <legend class="label">{input.label ?? input.name}</legend>}
              <ValueForm inputs={input.fields} data={data} mistakes={mistakes} path={here} onChange={onChange} />
            </fieldset>
          );
        return (
          <One
            key={input.name}
            input={input}
            value={valueAt(data, here)}
            mistake={mistakes[here.join('.')]}
            onChange={(value) => onChange(withValue(data, here, value))}
          />
        );
      })}
    </>
  );
}
