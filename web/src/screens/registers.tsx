// All registers (台账): one card each.
import { api } from '../api';
import { Await } from '../components/basics';
import { number } from '../dates';
import { t, words } from '../messages';
import { useLoad } from '../state';

export function Registers() {
  const registers = useLoad('registers', api.registers);
  return (
    <div class="stack loose">
      <h1>{t('nav.registers')}</h1>
      <Await of={registers}>
        {(page) => (
          <div class="grid">
            {page.items.map((one) => (
              <a key={one.id} class="card stack tight" href={`/registers/${one.id}`}>
                <strong>{words(one.title)}</strong>
                <span class="quiet">{one.total !== undefined ? t('register.total', number(one.total)) : one.id}</span>
              </a>
            ))}
          </div>
        )}
      </Await>
    </div>
  );
}
