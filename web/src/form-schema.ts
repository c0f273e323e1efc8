// Reading a form's schema: its pages, its words in the language of the page, the values it asks for. No library needed.
import { language, t, term } from './messages';
import type { Data, FormComponent, FormSchema, Json } from './types';

export type PageKind = 'fields' | 'documents' | 'promises' | 'summary';
export interface FormPageInfo {
  id: string;
  title: string;
  kind: PageKind;
  group: FormComponent;
}

const kinds: PageKind[] = ['documents', 'promises', 'summary'];

function kindOf(group: FormComponent): PageKind {
  const said = group.properties?.['page'] ?? group.id?.toLowerCase() ?? '';
  return kinds.find((kind) => said === kind || said.includes(kind)) ?? 'fields';
}

/** The schema with the labels, hints and choices of the language. English stands in each component's properties (`en`, `enDescription`). */
export function inLanguage(components: FormComponent[]): FormComponent[] {
  if (language() === 'zh') return components;
  return components.map((component) => {
    const next: FormComponent = { ...component };
    const own = component.properties ?? {};
    const label = own['en'] ?? own['labelEn'];
    if (label && component.label !== undefined) next.label = label;
    if (label && component.text !== undefined) next.text = label;
    const hint = own['enDescription'] ?? own['descriptionEn'];
    if (hint && component.description !== undefined) next.description = hint;
    const suffix = own['enSuffix'] ?? (component.appearance?.suffixAdorner && term('unit', component.appearance.suffixAdorner));
    if (suffix && component.appearance) next.appearance = { ...component.appearance, suffixAdorner: suffix };
    if (label && component['dateLabel'] !== undefined) next['dateLabel'] = label;
    const mistake = own['enMistake'];
    if (mistake && component.validate) next.validate = { ...component.validate, patternErrorMessage: mistake };
    if (component.values)
      next.values = component.values.map((value) => ({ ...value, label: String(value['en'] ?? own[`en.${value.value}`] ?? term('value', value.label)) }));
    if (component.components) next.components = inLanguage(component.components);
    return next;
  });
}

/** The pages of a form: its top-level groups; a form without groups is one page. */
export function pagesOf(schema: FormSchema): FormPageInfo[] {
  const components = inLanguage(schema.components);
  const groups = components.filter((component) => component.type === 'group');
  const pages = groups.length
    ? groups.map((group, index): FormPageInfo => ({
        id: group.id ?? `page${index + 1}`,
        title: group.label ?? t('form.page', index + 1),
        kind: kindOf(group),
        group,
      }))
    : [{ id: 'form', title: t('form.title'), kind: 'fields' as const, group: { type: 'group', id: 'form', components } }];
  if (!pages.some((page) => page.kind === 'summary'))
    pages.push({ id: 'summary', title: t('form.summary'), kind: 'summary', group: { type: 'group', components: [] } });
  return pages;
}

function at(data: Data, path: string): Json | undefined {
  let value: Json | undefined = data;
  for (const part of path.split('.').filter(Boolean)) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
    value = value[part];
  }
  return value;
}

export interface Answer {
  id: string;
  label: string;
  value: string;
  isList?: { label: string; value: string }[][];
}

function join(path: string, more: string | undefined): string {
  return [path, more].filter(Boolean).join('.');
}

function shown(component: FormComponent, value: Json | undefined): string {
  if (value === undefined || value === null || value === '') return '';
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  const choice = (one: Json): string => component.values?.find((option) => option.value === one)?.label ?? String(one);
  const text = Array.isArray(value) ? value.map(choice).join(t('comma')) : typeof value === 'object' ? JSON.stringify(value) : choice(value);
  const unit = component.appearance?.suffixAdorner;
  return unit ? `${text} ${unit}` : text;
}

/** What was answered on a page, field by field, for summaries and for reviewers. */
export function answersOf(components: FormComponent[], data: Data, path = ''): Answer[] {
  const answers: Answer[] = [];
  for (const component of components) {
    if (component.type === 'dynamiclist') {
      const rows = at(data, join(path, component.path));
      if (!Array.isArray(rows) || !rows.length) continue;
      answers.push({
        id: component.id ?? component.path ?? '',
        label: component.label ?? '',
        value: '',
        isList: rows.map((row) =>
          answersOf(component.components ?? [], row as Data).map(({ label, value }) => ({ label, value })).filter((entry) => entry.value),
        ),
      });
    } else if (component.components) answers.push(...answersOf(component.components, data, join(path, component.path)));
    else if (component.key) {
      const value = shown(component, at(data, join(path, component.key)));
      answers.push({ id: component.id ?? component.key, label: component.label ?? component.key, value });
    }
  }
  return answers;
}

/** Of all data, what these components ask for: a task's form is shown with the whole case, and sends back only its own fields. */
export function ownData(components: FormComponent[], data: Data): Data {
  const own: Data = {};
  const visit = (list: FormComponent[], path: string): void => {
    for (const component of list) {
      const here = join(path, component.path);
      const name = (component.key ? join(here, component.key) : component.type === 'dynamiclist' ? here : '').split('.')[0];
      const value = name ? data[name] : undefined;
      if (name && value !== undefined) own[name] = value;
      if (component.components) visit(component.components, here);
    }
  };
  visit(components, '');
  return own;
}

/** Whether a form has anything to fill in; some only say what is meant. */
export function asksFor(schema: FormSchema): boolean {
  const has = (list: FormComponent[]): boolean => list.some((one) => Boolean(one.key) || one.type === 'dynamiclist' || has(one.components ?? []));
  return has(schema.components);
}
