// Conditions on a case's variables: chosen one by one, shown as chips, kept in the address.
import { useState } from 'preact/hooks';
import { t } from '../messages';
import type { CaseField } from '../types';
import { Button } from './basics';
import { Select, TextField } from './fields';
import { Icon } from './icon';

export interface Condition {
  id: string;
  op: string;
  value: string;
}

const operators: { [type in CaseField['type']]: string[] } = {
  text: ['contains', 'begins', 'eq', 'ne', 'present', 'empty'],
  number: ['ge', 'le', 'eq', 'ne', 'gt', 'lt', 'present', 'empty'],
  date: ['ge', 'le', 'eq', 'ne', 'gt', 'lt', 'present', 'empty'],
  boolean: ['eq', 'ne', 'present', 'empty'],
};

const hasValue = (op: string) => op !== 'empty' && op !== 'present';

/** "floorArea.ge=3000;category.eq=..." as in the address. */
export function readConditions(text: string): Condition[] {
  const found: Condition[] = [];
  for (const part of text.split(';')) {
    const fit = /^(\w+)\.(\w+)=(.*)$/.exec(part);
    if (!fit) continue;
    try {
      found.push({ id: fit[1] ?? '', op: fit[2] ?? '', value: decodeURIComponent(fit[3] ?? '') });
    } catch {
      // an address somebody has cut: the rest of it still counts
    }
  }
  return found;
}

export function writeConditions(all: Condition[]): string {
  return all.map((one) => `${one.id}.${one.op}=${encodeURIComponent(one.value)}`).join(';');
}

/** As the list's query. */
export function queryOf(all: Condition[]): { [name: string]: string } {
  return Object.fromEntries(all.map((one) => [`where.${one.id}.${one.op}`, one.value]));
}

export function valueText(field: CaseField, value: unknown): string {
  if (value === undefined || value === null) return '';
  return field.type === 'boolean' ? t(String(value) === 'true' ? 'yes' : 'no') : String(value);
}

export function Conditions(props: { fields: CaseField[]; value: Condition[]; onChange: (all: Condition[]) => void }) {
  const { fields, value, onChange } = props;
  const [id, setId] = useState('');
  const [op, setOp] = useState('');
  const [text, setText] = useState('');
  const field = fields.find((one) => one.id === id);
  const isWhole = !hasValue(op) || text.trim() !== '';
  const choose = (next: string) => {
    const type = fields.find((one) => one.id === next)?.type;
    setId(next);
    setOp(type ? (operators[type][0] ?? 'eq') : '');
    setText(type === 'boolean' ? 'true' : '');
  };
  const add = () => {
    if (!field || !isWhole) return;
    onChange([...value.filter((one) => one.id !== id || one.op !== op), { id, op, value: hasValue(op) ? text.trim() : '' }]);
    choose('');
  };
  return (
    <div class="stack tight">
      {value.length > 0 && (
        <ul class="chips" aria-label={t('conditions')}>
          {value.map((one) => {
            const of = fields.find((each) => each.id === one.id);
            const said = `${of?.title ?? one.id} ${t(`operator.${one.op}`)} ${hasValue(one.op) ? (of ? valueText(of, one.value) : one.value) : ''}`.trim();
            return (
              <li key={`${one.id}.${one.op}`}>
                <span>{said}</span>
                <button type="button" class="plain" aria-label={t('conditions.remove', said)} onClick={() => onChange(value.filter((other) => other !== one))}>
                  <Icon name="cross" />
                </button>
              </li>
            );
          })}
        </ul>
      )}
      <form
        class="row end"
        onSubmit={(event) => {
          event.preventDefault();
          add();
        }}
      >
        <Select label={t('conditions.field')} value={id} onChange={choose} options={[{ value: '', text: t('conditions.choose') }, ...fields.map((one) => ({ value: one.id, text: one.title }))]} />
        {field && (
          <Select label={t('conditions.operator')} value={op} onChange={setOp} options={operators[field.type].map((each) => ({ value: each, text: t(`operator.${each}`) }))} />
        )}
        {field?.type === 'boolean' && hasValue(op) && (
          <Select label={t('conditions.value')} value={text} onChange={setText} options={['true', 'false'].map((each) => ({ value: each, text: valueText(field, each) }))} />
        )}
        {field && field.type !== 'boolean' && hasValue(op) && (
          <TextField label={t('conditions.value')} value={text} onInput={setText} type={field.type === 'number' ? 'number' : field.type === 'date' ? 'date' : 'text'} />
        )}
        {field && (
          <Button kind="main" type="submit" disabled={!isWhole}>
            {t('conditions.add')}
          </Button>
        )}
      </form>
    </div>
  );
}
