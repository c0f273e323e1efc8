// The inbox: letters and notices, newest first.
import { api } from '../api';
import { Await, Blank, Button, Tag } from '../components/basics';
import { moment } from '../dates';
import { t } from '../messages';
import { say, useEvents, useLoad } from '../state';

export function Notices() {
  const notices = useLoad('notices', api.notices);
  useEvents(['notice'], notices.reload);
  const read = async (id: string) => {
    try {
      await api.readNotice(id);
      notices.reload();
    } catch (error) {
      say(error);
    }
  };
  return (
    <div class="reading stack loose">
      <h1>{t('notices.title')}</h1>
      <Await of={notices}>
        {(page) =>
          page.items.length ? (
            <div class="stack">
              {page.items.map((notice) => (
                <article key={notice.id} class="card stack tight">
                  <div class="row apart">
                    <h2>{notice.title}</h2>
                    {!notice.readAt && <Tag tone="accent">{t('notice.new')}</Tag>}
                  </div>
                  <p class="quiet small">{moment(notice.at)}</p>
                  <p>{notice.text}</p>
                  <div class="row">
                    {notice.case && (
                      <Button href={`/cases/${notice.case}`}>
                        {t('notice.case')} {notice.case}
                      </Button>
                    )}
                    {notice.letter && (
                      <Button icon="download" href={api.letterUrl(notice.letter)} download>
                        {t('letter.download')}
                      </Button>
                    )}
                    {!notice.readAt && (
                      <Button kind="plain" icon="check" onClick={() => read(notice.id)}>
                        {t('notice.read')}
                      </Button>
                    )}
                  </div>
                </article>
              ))}
            </div>
          ) : (
            <Blank icon="bell" title={t('notices.none')} />
          )
        }
      </Await>
    </div>
  );
}
