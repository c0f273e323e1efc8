// An id that points at a register's record, shown as its name: nobody should have to know what S-CSO-11 means.
import { useEffect, useState } from 'preact/hooks';
import { api } from '../api';
import { named } from '../messages';
import type { Page, RegisterRecord } from '../types';

type Names = Map<string, RegisterRecord>;

/** Registers small enough to be read once as a whole, and the ids that belong to them. */
const small: [RegExp, string][] = [
  [/^S-[A-Z]+-\d+$/, 'staff'],
  [/^H\d{3}$/, 'helper'],
  [/^G\d{2}$/, 'grid'],
  [/^[A-Z]{3}$/, 'department'],
];
const large: [RegExp, string][] = [
  [/^E\d{4}$/, 'enterprise'],
  [/^P\d{3}$/, 'project'],
];

const whole = new Map<string, Promise<Names>>();
const single = new Map<string, Promise<RegisterRecord | null>>();

async function readAll(register: string): Promise<Names> {
  const names: Names = new Map();
  let page: Page<RegisterRecord> | null = null;
  for (let number = 1; number === 1 || (page !== null && page.next !== null && number <= 5); number++) {
    page = await api.records(register, { page: number, size: 200 });
    for (const record of page.items) names.set(String(record.key ?? record.id), record);
  }
  return names;
}

function kept<Value>(cache: Map<string, Promise<Value>>, key: string, load: () => Promise<Value>, otherwise: Value): Promise<Value> {
  let found = cache.get(key);
  if (!found) {
    found = load().catch(() => otherwise);
    cache.set(key, found);
  }
  return found;
}

export function registerOf(id: string): string | null {
  return [...small, ...large].find(([pattern]) => pattern.test(id))?.[1] ?? null;
}

function find(register: string, id: string): Promise<RegisterRecord | null> {
  if (small.some(([, name]) => name === register)) return kept(whole, register, () => readAll(register), new Map()).then((names) => names.get(id) ?? null);
  return kept(single, `${register}/${id}`, () => api.record(register, id).then(({ value }) => value), null);
}

export function Reference({ id }: { id: string }) {
  const register = registerOf(id);
  const [record, setRecord] = useState<RegisterRecord | null>(null);
  useEffect(() => {
    let isCurrent = true;
    if (register) void find(register, id).then((found) => isCurrent && setRecord(found));
    return () => {
      isCurrent = false;
    };
  }, [id]);
  if (!register || !record) return <span class="nowrap">{id}</span>;
  return (
    <a href={`/registers/${register}/${encodeURIComponent(id)}`} title={id} class={register === 'staff' || register === 'helper' ? 'nowrap' : undefined}>
      {named({ name: String(record['name'] ?? id), nameEn: record['nameEn'] ? String(record['nameEn']) : undefined })}
    </a>
  );
}
