// A step that failed: it is listed with its reason, moving on is checked first, mended data let it go on.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { checkAccessibility, checkWidth, openPage, root, settle, shoot, signIn, startBrowser, startServer } from './support.mjs';

let server;
let chromium;

before(async () => {
  server = await startServer({ extra: join(root, 'tests/browser/packages') });
  chromium = await startBrowser();
});

after(async () => {
  await chromium?.close();
  await server?.stop();
});

/** A case whose process stops at once: none of the gateway's conditions holds. */
async function broken(page) {
  return page.evaluate(async (key) => {
    const { token } = await (await fetch('/api/v1/session')).json();
    const headers = { 'Content-Type': 'application/json', 'X-GX-Token': token, 'Idempotency-Key': key };
    const answer = await fetch('/api/v1/cases', { method: 'POST', headers, body: JSON.stringify({ matter: 'BRK', data: { project: { size: 1 } } }) });
    return answer.json();
  }, randomUUID());
}

test('an incident tells why, refuses a wrong way, and ends when the data are mended', { timeout: 60000 }, async (t) => {
  if (server.isMock) return t.skip('the stand-in runs no processes');
  const company = await openPage(chromium.browser, server.url);
  await signIn(company.page, server.accounts.company);
  const { number } = await broken(company.page);
  assert.match(number, /^GX-/);
  const { page, context, problems } = await openPage(chromium.browser, server.url);
  await signIn(page, server.accounts.admin);
  await page.goto('/incidents');
  await settle(page);
  await page.getByRole('row', { name: new RegExp(number) }).getByRole('button', { name: '处理' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('移到别的步骤').click();
  await dialog.getByLabel('移到', { exact: true }).selectOption({ label: '盖章' });
  await dialog.getByRole('button', { name: '先检查' }).click();
  await dialog.getByText(/检查通过|不能这样做/).waitFor();
  await checkAccessibility(page, 'mending an incident');
  await shoot(page, 'incident-move');
  await dialog.getByText('重试', { exact: true }).first().click();
  await dialog.getByLabel(/更正的数据/).fill('{"project":');
  await dialog.getByText('JSON 格式不对').waitFor();
  await dialog.getByLabel(/更正的数据/).fill('{"project": {"size": 5}}');
  await dialog.getByLabel('原因').fill('漏填');
  await checkWidth(page, 'mending an incident');
  await dialog.getByRole('button', { name: '重试' }).click();
  await page.getByText('已重试').waitFor();
  await page.getByRole('heading', { name: '没有异常' }).waitFor();
  await checkAccessibility(page, 'no incidents');
  assert.deepEqual(problems, []);
  await context.close();
  await company.context.close();
});
