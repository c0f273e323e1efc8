// Table (cards on a phone), pagers: by number, and by cursor.
import type { ComponentChildren } from 'preact';
import { number } from '../dates';
import { t } from '../messages';
import { Button } from './basics';
import { Icon } from './icon';

export interface Column<Row> {
  key: string;
  title: string;
  isNumber?: boolean;
  /** what people look for: gets room */
  isTitle?: boolean;
  canSort?: boolean;
  show: (row: Row) => ComponentChildren;
}

interface TableProps<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  keyOf: (row: Row) => string;
  /** "field" or "-field" */
  sort?: string;
  onSort?: (sort: string) => void;
  isSelected?: (row: Row) => boolean;
}

function Sorter({ title, of, sort, onSort }: { title: string; of: string; sort?: string; onSort: (sort: string) => void }) {
  const isUp = sort === of;
  const isDown = sort === `-${of}`;
  return (
    <button type="button" onClick={() => onSort(isUp ? `-${of}` : of)}>
      {title}
      {isUp && <Icon name="up" />}
      {isDown && <Icon name="down" />}
    </button>
  );
}

function order(sort: string | undefined, of: string): 'ascending' | 'descending' | undefined {
  if (sort === of) return 'ascending';
  return sort === `-${of}` ? 'descending' : undefined;
}

export function Table<Row>({ caption, columns, rows, keyOf, sort, onSort, isSelected }: TableProps<Row>) {
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={caption}>
      <table class="table cards">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" class={column.isNumber ? 'number' : undefined} aria-sort={order(sort, column.key)}>
                {column.canSort && onSort ? <Sorter title={column.title} of={column.key} sort={sort} onSort={onSort} /> : column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} aria-selected={isSelected?.(row)}>
              {columns.map((column) => (
                <td key={column.key} data-label={column.title} class={column.isNumber ? 'number' : column.isTitle ? 'title' : undefined}>
                  {column.show(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Pager(props: { page: number; size: number; total: number; onPage: (page: number) => void }) {
  const { page, size, total, onPage } = props;
  const last = Math.max(1, Math.ceil(total / size));
  return (
    <nav class="pager no-print" aria-label={t('pager')}>
      <span class="quiet figure">{t('pager.range', total ? (page - 1) * size + 1 : 0, Math.min(total, page * size), number(total))}</span>
      <span class="row">
        <Button icon="left" disabled={page <= 1} onClick={() => onPage(page - 1)}>
          {t('pager.before')}
        </Button>
        <span class="figure">{t('pager.page', page, last)}</span>
        <Button disabled={page >= last} onClick={() => onPage(page + 1)}>
          {t('pager.next')}
          <Icon name="right" />
        </Button>
      </span>
    </nav>
  );
}

/** For lists whose pages begin at a cursor: how many there are is known on the first page only. */
export function CursorPager(props: { shown: number; total: number | null; isFirst: boolean; next: string | null; nextText?: string; onFirst: () => void; onNext: (cursor: string) => void }) {
  const { shown, total, isFirst, next, nextText, onFirst, onNext } = props;
  return (
    <nav class="pager no-print" aria-label={t('pager')}>
      <span class="quiet figure">{total === null ? t('pager.shown', shown) : t('pager.range', shown ? 1 : 0, shown, number(total))}</span>
      <span class="row">
        <Button icon="left" disabled={isFirst} onClick={onFirst}>
          {t('pager.first')}
        </Button>
        <Button disabled={!next} onClick={() => {
            if (next) onNext(next);
          }}>
          {nextText ?? t('pager.next')}
          <Icon name="right" />
        </Button>
      </span>
    </nav>
  );
}
