// Dates as people say them, always in the zone's own time.
import { language, t } from './messages';

const zone = 'Asia/Shanghai';

function locale(): string {
  return language() === 'zh' ? 'zh-CN' : 'en-GB';
}

function instant(text: string): Date {
  return new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T12:00:00+08:00` : text);
}

/** A limit ends at 24:00 of its last day: the day people name is the one before that midnight. */
function lastDay(text: string): Date {
  const date = instant(text);
  return /T00:00:00/.test(text) ? new Date(date.getTime() - 1000) : date;
}

function format(date: Date, options: Intl.DateTimeFormatOptions): string {
  if (Number.isNaN(date.getTime())) return '';
  return new Intl.DateTimeFormat(locale(), { timeZone: zone, ...options }).format(date);
}

/** "Thu 26 Nov" / "11月26日 周四" */
export function day(text: string | null | undefined): string {
  if (!text) return '';
  const date = lastDay(text);
  if (language() === 'zh') {
    const plain = format(date, { month: 'numeric', day: 'numeric' }).replace('/', '月');
    return `${/月/.test(plain) ? plain.replace(/日?$/, '日') : plain} ${format(date, { weekday: 'short' })}`;
  }
  return format(date, { weekday: 'short', day: 'numeric', month: 'short' }).replace(',', '');
}

/** "26 Nov 2026, 14:05" */
export function moment(text: string | null | undefined): string {
  if (!text) return '';
  return format(instant(text), { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false });
}

export function fullDay(text: string | null | undefined): string {
  if (!text) return '';
  return format(lastDay(text), { year: 'numeric', month: 'long', day: 'numeric' });
}

export function clockTime(text: string): string {
  return format(instant(text), { hour: '2-digit', minute: '2-digit', hour12: false });
}

/** "3 working days left, until Thu 26 Nov" */
export function daysLeft(left: number | null | undefined, due: string | null | undefined): string {
  if (left === null || left === undefined) return due ? t('days.until', day(due)) : t('days.none');
  if (left < 0 && !due) return t('days.over', -left);
  if (left < 0) return t(left === -1 ? 'days.overdue1' : 'days.overdue', -left, day(due));
  if (!due) return t(left === 1 ? 'days.only1' : 'days.only', left);
  if (left === 0) return t('days.today', day(due));
  return t(left === 1 ? 'days.left1' : 'days.left', left, day(due));
}

export function limit(value: { n: number; unit: string } | null | undefined): string {
  if (!value) return t('limit.none');
  if (value.unit === 'immediate') return t('limit.immediate');
  if (value.unit === 'day') return t('limit.day', value.n);
  return t(value.n === 1 ? 'limit.workday1' : 'limit.workday', value.n);
}

/** A length of time in the unit that says most: "2.5 days", "40 minutes". */
export function span(ms: number): string {
  const units: [string, number][] = [
    ['day', 24 * 3600e3],
    ['hour', 3600e3],
    ['minute', 60e3],
    ['second', 1e3],
  ];
  const [unit, length] = units.find(([, one]) => ms >= one) ?? ['second', 1e3];
  const figure = ms / length;
  return t(`span.${unit}`, new Intl.NumberFormat(locale(), { maximumFractionDigits: figure < 10 ? 1 : 0 }).format(figure));
}

export function number(value: number): string {
  return new Intl.NumberFormat(locale()).format(value);
}

export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(0)} kB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
