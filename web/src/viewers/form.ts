// form-js, one page at a time, speaking our languages. Loaded on demand: this file and its library are not part of the first load.
import { Form, runExpressionEvaluation } from '@bpmn-io/form-js-viewer';
import sheet from 'sheet:./form.css';
import { has, t } from '../messages';
import type { Data, FormComponent, Json } from '../types';
import { adoptSheet } from './adopt';
import { checkUscc } from './uscc';

interface Field {
  id: string;
  key?: string;
  type: string;
  label?: string;
  decimalDigits?: number;
  properties?: { [name: string]: string };
  validate?: { [rule: string]: Json | undefined };
}

interface FieldInstance {
  id: string;
  expressionContextInfo: unknown;
}

const email = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const phone = /^(\+?\d{1,3}[- ]?)?(1\d{10}|0\d{2,3}-?\d{7,8}|[1-9]\d{6,14})$/;

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || value === '' || value === false || (Array.isArray(value) && value.length === 0);
}

/** One sentence for a value that will not do: what is wrong, and how to mend it. Null if it is fine. */
export function mistakeIn(field: Field, rules: { [rule: string]: Json | undefined }, value: Json | undefined): string | null {
  const label = (field.label ?? '').replace(/^=.*/, '');
  if (isEmpty(value)) {
    if (!rules['required']) return null;
    return field.type === 'checkbox' ? t('form.tick') : t(/select|radio|checklist|taglist/.test(field.type) ? 'form.choose' : 'form.required', label);
  }
  if (field.type === 'number') {
    const text = String(value);
    if (value === 'NaN' || Number.isNaN(Number(text))) return t('form.number');
    const decimals = text.split('.')[1]?.length ?? 0;
    if (field.decimalDigits !== undefined && decimals > field.decimalDigits)
      return field.decimalDigits === 0 ? t('form.whole') : t('form.decimals', field.decimalDigits);
    if (rules['min'] !== undefined && rules['min'] !== null && Number(text) < Number(rules['min'])) return t('form.min', String(rules['min']));
    if (rules['max'] !== undefined && rules['max'] !== null && Number(text) > Number(rules['max'])) return t('form.max', String(rules['max']));
  }
  if (typeof value !== 'string') return null;
  const length = [...value.trim()].length;
  if (rules['minLength'] && length < Number(rules['minLength'])) return t('form.minLength', String(rules['minLength']), length);
  if (rules['maxLength'] && length > Number(rules['maxLength'])) return t('form.maxLength', String(rules['maxLength']), length);
  const isUscc = field.properties?.['check'] === 'uscc' || /(^|\.)uscc$/.test(field.key ?? '');
  if (isUscc && !checkUscc(value)) return t('form.uscc');
  if (rules['pattern'] && !new RegExp(String(rules['pattern'])).test(value)) {
    const own = `form.pattern.${field.properties?.['check'] ?? field.id}`;
    if (has(own)) return t(own);
    return typeof rules['patternErrorMessage'] === 'string' ? rules['patternErrorMessage'] : t('form.pattern');
  }
  if (rules['validationType'] === 'email' && !email.test(value)) return t('form.email');
  if (rules['validationType'] === 'phone' && !phone.test(value)) return t('form.phone');
  return null;
}

const ruleNames = ['required', 'min', 'max', 'minLength', 'maxLength'];

/** In place of the library's validator, whose sentences are its own. */
class Validator {
  static $inject = ['expressionLanguage', 'formFieldRegistry'];

  constructor(
    private readonly expressions: never,
    private readonly fields: { get(id: string): Field | undefined },
  ) {}

  validateFieldInstance(instance: FieldInstance, value: Json): string[] {
    const field = this.fields.get(instance.id);
    if (!field) return [];
    const rules: { [rule: string]: Json | undefined } = { ...field.validate };
    for (const name of ruleNames)
      if (typeof rules[name] === 'string') rules[name] = runExpressionEvaluation(this.expressions, rules[name], instance.expressionContextInfo as never) as Json;
    const mistake = mistakeIn(field, rules, value);
    return mistake ? [mistake] : [];
  }

  validateField(field: Field, value: Json): string[] {
    const mistake = mistakeIn(field, field.validate ?? {}, value);
    return mistake ? [mistake] : [];
  }
}

/** The library's other words: its English is the key. */
function translate(template: string, values: { [name: string]: string } = {}): string {
  const key = `form-js.${template}`;
  return (has(key) ? t(key) : template).replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
}

const ourWords = {
  validator: ['type', Validator],
  translate: ['value', translate],
};

export interface FormPage {
  /** every value of the case, changed ones included */
  data(): Data;
  /** field id to sentence, after a look at every field of the page */
  check(): { id: string; label: string; text: string }[];
  focus(id: string): void;
  destroy(): void;
}

type Changed = { data: Data };

export async function showForm(
  container: HTMLElement,
  components: FormComponent[],
  data: Data,
  options: { onChange?: (data: Data) => void; isReadOnly?: boolean } = {},
): Promise<FormPage> {
  adoptSheet(sheet);
  const form = new Form({ container, additionalModules: [ourWords] });
  await form.importSchema({ type: 'default', schemaVersion: 18, components } as never, data as never);
  if (options.isReadOnly) form.setProperty('readOnly', true);
  const state = () => (form as unknown as { _getState(): { data: Data } })._getState();
  form.on('changed', ((event: Changed) => options.onChange?.(event.data)) as never);
  const registry = form.get('formFieldRegistry') as { get(id: string): Field | undefined };
  const inputOf = (id: string) => container.querySelector<HTMLElement>(`[id$="-${CSS.escape(id)}"], [id*="-${CSS.escape(id)}-"]`);
  return {
    data: () => state().data,
    check: () => {
      const errors = form.validate() as unknown as { [id: string]: string[] | Json };
      const found: { id: string; label: string; text: string }[] = [];
      const collect = (id: string, value: Json | string[]): void => {
        if (typeof value === 'string') found.push({ id, label: registry.get(id)?.label ?? '', text: value });
        else if (Array.isArray(value)) for (const inner of value) collect(id, inner);
        else if (value && typeof value === 'object') for (const inner of Object.values(value)) collect(id, inner);
      };
      for (const [id, value] of Object.entries(errors)) collect(id, value);
      return found;
    },
    focus: (id) => inputOf(id)?.focus(),
    destroy: () => form.destroy(),
  };
}
