// The receipt: it was handed in, this is its number, this happens next. Made to be printed.
import { api } from '../api';
import { Await, Button, Facts, Note } from '../components/basics';
import { Qr } from '../components/qr';
import { day, moment } from '../dates';
import { named, t } from '../messages';
import type { Params } from '../router';
import { useLoad } from '../state';
import type { Receipt } from '../types';

export function ReceiptPage({ number = '' }: Params) {
  const found = useLoad(number, () => api.case(number));
  const kept = sessionStorage.getItem(`receipt.${number}`);
  const receipt = kept ? (JSON.parse(kept) as Receipt) : null;
  return (
    <Await of={found}>
      {(one) => (
        <div class="reading stack loose">
          <Note tone="good" title={t('receipt.done')}>
            {t('receipt.next')}
          </Note>
          <section class="card stack loose">
            <h1>{t('receipt.title')}</h1>
            <div class="row apart">
              <Facts
                items={[
                  [t('receipt.no'), receipt?.receiptNo ?? one.receiptNo],
                  [t('case.number'), <strong class="figure">{one.number}</strong>],
                  [t('case.matter'), named(one.matter)],
                  [t('case.applicant'), typeof one.applicant === 'string' ? one.applicant : one.applicant.name],
                  [t('case.project'), typeof one.project === 'string' ? one.project : one.project?.name],
                  [t('case.submitted'), moment(one.submittedAt)],
                  [t('receipt.answer'), receipt?.dueAcceptance && day(receipt.dueAcceptance)],
                ]}
              />
              <Qr text={`${location.origin}/cases/${one.number}`} label={t('receipt.qr')} />
            </div>
            <p class="quiet">{t('receipt.law')}</p>
          </section>
          <div class="row no-print">
            <Button kind="main" href={`/cases/${one.number}`}>
              {t('receipt.follow')}
            </Button>
            <Button icon="print" onClick={() => print()}>
              {t('print')}
            </Button>
          </div>
        </div>
      )}
    </Await>
  );
}
