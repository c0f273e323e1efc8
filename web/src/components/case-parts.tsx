// What every view of a case shows: the line of steps, the clock, documents, opinions, the timeline.
import { api } from '../api';
import { daysLeft, day, fullDay, limit, moment, size } from '../dates';
import { has, named, t, term } from '../messages';
import type * as T from '../types';
import { Button, Lamp, Note, Tag } from './basics';
import { Icon } from './icon';

/** "NRB, CHB" as people know them. */
export function offices(who: string): string {
  return who
    .split(/[,，、]\s*/)
    .map((one) => term('department', one))
    .join(t('comma'));
}

export function ProgressLine({ steps, isSmall }: { steps: T.Step[]; isSmall?: boolean }) {
  return (
    <ol class={isSmall ? 'progress small' : 'progress'} aria-label={t('case.progress')}>
      {steps.map((step) => (
        <li key={step.key} class={step.state} aria-current={step.state === 'current' ? 'step' : undefined}>
          <span class="dot">{step.state === 'done' && <Icon name="check" />}</span>
          <span class="name">
            {has(`step.${step.key}`) ? t(`step.${step.key}`) : named(step)}
            <span class="unseen"> {t(`step-state.${step.state}`)}</span>
          </span>
          {!isSmall && step.state === 'current' && step.who && <span class="who">{offices(step.who)}</span>}
          {!isSmall && step.state === 'current' && step.since && <span class="who">{t('step.since', day(step.since))}</span>}
          {!isSmall && step.state === 'done' && step.at && <span class="who">{day(step.at)}</span>}
        </li>
      ))}
    </ol>
  );
}

const open = new Set(['submitted', 'correction', 'accepted', 'review', 'stopped']);

export function isOpen(state: string): boolean {
  return open.has(state);
}

export function DaysLeft({ of }: { of: { lamp: T.Lamp; daysLeft: number | null; duePromised?: string | null; due?: string | null } }) {
  const hasLimit = of.daysLeft !== null || Boolean(of.duePromised ?? of.due);
  return <Lamp colour={hasLimit ? of.lamp : 'grey'}>{daysLeft(of.daysLeft, of.duePromised ?? of.due)}</Lamp>;
}

/** The limit in words, and why the clock stands still if it does. */
export function ClockCard({ one }: { one: T.Case }) {
  const stop = one.clock.stops.find((entry) => !entry.to);
  const isEnded = !isOpen(one.state);
  return (
    <section class="card stack" aria-labelledby="clock-title">
      <h2 id="clock-title">{t('clock.title')}</h2>
      {isEnded ? <p>{t('clock.ended', one.usedDays)}</p> : <DaysLeft of={one} />}
      {one.limitDays !== null && one.limitDays > 0 && (
        <>
          <progress class={`meter ${one.lamp}`} max={one.limitDays} value={Math.min(one.usedDays, one.limitDays)} aria-label={t('clock.used')} />
          <p class="quiet">{t('clock.of', one.usedDays, one.limitDays)}</p>
        </>
      )}
      {stop && (
        <Note tone="warn" icon="pause" title={t('clock.stopped', term('stop', stop.kind))}>
          <p>{stop.reason}</p>
          <p class="quiet">{t('clock.stopped.since', day(stop.from), stop.plannedEnd ? day(stop.plannedEnd) : t('clock.open'))}</p>
        </Note>
      )}
      {one.isProvisional && <Note tone="warn">{t('clock.provisional')}</Note>}
      <dl class="facts">
        <dt>{t('case.submitted')}</dt>
        <dd>{moment(one.submittedAt)}</dd>
        {one.acceptedAt && (
          <>
            <dt>{t('case.accepted')}</dt>
            <dd>{moment(one.acceptedAt)}</dd>
          </>
        )}
        {one.duePromised && (
          <>
            <dt>{t('limit.promised')}</dt>
            <dd>{fullDay(one.duePromised)}</dd>
          </>
        )}
        {one.dueLegal && (
          <>
            <dt>{t('limit.legal')}</dt>
            <dd>{fullDay(one.dueLegal)}</dd>
          </>
        )}
      </dl>
      {one.clock.stops.length > 0 && (
        <details>
          <summary>{t('clock.stops', one.clock.stops.length)}</summary>
          <ul class="stack tight">
            {one.clock.stops.map((entry) => (
              <li key={entry.from + entry.kind}>
                {term('stop', entry.kind)}: {day(entry.from)} – {entry.to ? day(entry.to) : t('clock.open')}
                <br />
                <span class="quiet">{entry.reason}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

export const documentTones: { [state in T.DocumentState]: 'good' | 'warn' | 'bad' | 'accent' } = {
  given: 'good',
  shared: 'accent',
  missing: 'bad',
  tolerated: 'warn',
  promised: 'warn',
};

export function documentName(one: { id: string; name?: string; nameEn?: string }): string {
  return named(one) || term('document', one.id);
}

export function DocumentList({ documents }: { documents: T.CaseDocument[] }) {
  if (!documents.length) return <p class="quiet">{t('documents.none')}</p>;
  return (
    <ul class="papers">
      {documents.map((one) => (
        <li key={one.id + (one.file ?? '')}>
          <span class="what">
            <span class="code">{one.id}</span>
            {documentName(one)}
            {one.remark && <span class="quiet"> · {one.remark}</span>}
            {one.dueOn && <span class="quiet"> · {t('document.due', day(one.dueOn))}</span>}
            {one.fileName && (
              <span class="quiet">
                <br />
                {one.fileName}
                {one.size ? ` · ${size(one.size)}` : ''}
              </span>
            )}
          </span>
          <Tag tone={documentTones[one.state]}>{term('document-state', one.state)}</Tag>
          {one.file && (
            <Button kind="plain" icon="download" href={api.fileUrl(one.file)} download label={t('document.download', documentName(one))} />
          )}
        </li>
      ))}
    </ul>
  );
}

export function outcomeTone(outcome: string): 'good' | 'warn' | 'bad' | undefined {
  if (/refuse|reject|fail|not_accept|disagree/.test(outcome)) return 'bad';
  if (/condition|promise|correct|stop|return|revise/.test(outcome)) return 'warn';
  if (/agree|accept|grant|pass|ready|ok|approve|sign|done/.test(outcome)) return 'good';
  return undefined;
}

export function Opinions({ opinions }: { opinions: T.Opinion[] }) {
  if (!opinions.length) return <p class="quiet">{t('opinions.none')}</p>;
  return (
    <div class="stack">
      {opinions.map((one) => (
        <article class="opinion" key={one.department + one.at}>
          <header>
            <strong>{one.departmentName ?? term('department', one.department)}</strong>
            {one.name && <span class="quiet">{one.name}</span>}
            <Tag tone={outcomeTone(one.outcome)}>{term('outcome', one.outcome)}</Tag>
            <span class="quiet small">
              {one.who} {moment(one.at)}
            </span>
          </header>
          {one.text && <p>{one.text}</p>}
          {one.reasons?.map((reason) => <p key={reason} class="quiet">{reason}</p>)}
        </article>
      ))}
    </div>
  );
}

export function Timeline({ entries }: { entries: T.TimelineEntry[] }) {
  return (
    <ol class="timeline">
      {entries.map((entry, index) => (
        <li key={index}>
          <time dateTime={entry.at}>{moment(entry.at)}</time>
          <div>
            <strong>{entry.what}</strong>
            {(entry.who || entry.department) && (
              <span class="quiet"> {[entry.who, entry.department && term('department', entry.department)].filter(Boolean).join(' · ')}</span>
            )}
            {entry.actingFor && <span class="quiet"> · {t('task.acting', entry.actingFor)}</span>}
            {entry.why && <p class="quiet">{entry.why}</p>}
          </div>
        </li>
      ))}
    </ol>
  );
}

export function Limits({ of }: { of: { legalLimit?: T.Limit | null; promisedLimit?: T.Limit | null } }) {
  return (
    <span class="row">
      <Tag tone="accent">{t('limit.promised.short', limit(of.promisedLimit))}</Tag>
      <Tag>{t('limit.legal.short', limit(of.legalLimit))}</Tag>
    </span>
  );
}

export function NeededList({ items }: { items: T.NeededMatter[] }) {
  const groups: ['yes' | 'unclear' | 'no', 'good' | 'warn' | undefined][] = [
    ['yes', 'good'],
    ['unclear', 'warn'],
    ['no', undefined],
  ];
  return (
    <div class="stack">
      {groups.map(([kind, tone]) => {
        const found = items.filter((item) => item.needed === kind);
        if (!found.length) return null;
        return (
          <details key={kind} open={kind !== 'no'}>
            <summary>
              <Tag tone={tone}>{t(`needed.${kind}`, found.length)}</Tag>
            </summary>
            <ul class="papers">
              {found.map((item) => (
                <li key={item.id}>
                  <span class="what">
                    <a href={`/matters/${item.id}`}>{named(item)}</a>
                    <br />
                    <span class="quiet">{item.reason}</span>
                  </span>
                  <span class="quiet nowrap">{term('department', item.owner)}</span>
                </li>
              ))}
            </ul>
          </details>
        );
      })}
    </div>
  );
}
