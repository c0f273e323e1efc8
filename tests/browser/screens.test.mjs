// Every screen at both widths, in both languages and both colours: no finding of axe, nothing wider than the screen, no word missing
// from the message files, no breach of the content policy.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessibility, checkWidth, openPage, settle, shoot, signIn, startBrowser, startServer } from './support.mjs';

let server;
let chromium;

before(async () => {
  server = await startServer();
  chromium = await startBrowser();
});

after(async () => {
  await chromium?.close();
  await server?.stop();
});

const screens = () => [
  { who: null, paths: ['/', '/sign-in', '/matters', `/matters/${server.matter}`, '/v', '/v/nothing', '/ui', '/nowhere'] },
  { who: server.accounts.company, paths: ['/', '/cases', `/apply/${server.matter}`, '/permits', '/notices', '/account'] },
  { who: server.accounts.window, paths: ['/window'] },
  { who: server.accounts.reviewers[0], paths: ['/tasks', '/cases', '/cases?where=floorArea.ge%3D3000%3Bcategory.eq%3D%E6%88%BF%E5%B1%8B', '/cases?sort=-floorArea&where=designer.contains%3D%E8%AE%BE%E8%AE%A1%3Bheight.present%3D', '/registers', '/registers/project', '/registers/project/P001', '/registers/enterprise?q=机械'] },
  { who: server.accounts.admin, paths: ['/incidents', '/processes', '/processes/opening-express', '/processes/opening-express?view=holds', '/decisions', '/decisions/D04', '/decisions/D08', '/admin/packages', '/admin/audit', '/admin/accounts', '/admin/webhooks'] },
];

/** A key that no message file holds shows itself: two or more words joined by points, as in `case.progress`. */
async function missingWords(page) {
  const text = await page.locator('body').innerText();
  return [...text.matchAll(/(?<![\w@/.-])[a-z][a-z-]+(\.[a-z0-9_-]+)+(?![\w@/(])/g)].map((found) => found[0]).filter((word) => !/\.(json|pdf|com|org|bpmn|dmn)$/.test(word));
}

for (const look of [
  { name: '1440', width: 1440, height: 900, language: 'zh', theme: 'light' },
  { name: '360', width: 360, height: 740, language: 'zh', theme: 'light' },
  { name: '1440-en-dark', width: 1440, height: 900, language: 'en', theme: 'dark' },
])
  test(`every screen at ${look.name}`, async () => {
    for (const { who, paths } of screens()) {
      const { page, context, problems } = await openPage(chromium.browser, server.url, look);
      if (who) await signIn(page, who);
      await context.addInitScript(([language, theme]) => {
        localStorage.setItem('language', language);
        localStorage.setItem('theme', theme);
      }, [look.language, look.theme]);
      for (const path of paths) {
        const name = `${path} at ${look.name}`;
        await page.goto(path);
        await settle(page);
        await shoot(page, `${look.name}${who ? `-${who.name}` : ''}${path.split('?')[0].replace(/[^\w]+/g, '-').replace(/-$/, '')}`);
        await checkAccessibility(page, name);
        await checkWidth(page, name);
        if (path !== '/ui' && !path.startsWith('/admin')) assert.deepEqual(await missingWords(page), [], `${name}: every word comes from the messages`);
      }
      assert.deepEqual(problems, []);
      await context.close();
    }
  });

test('the form saves what is typed, and says beside the field what is wrong', async () => {
  const { page, context, problems } = await openPage(chromium.browser, server.url);
  await signIn(page, server.accounts.company);
  await page.goto(`/apply/${server.matter}`);
  await page.getByRole('button', { name: '开始填写' }).click();
  const phone = page.locator('.form-host input[id$="phone"]');
  await phone.fill('12');
  await page.getByRole('button', { name: '下一页' }).click();
  await page.getByRole('alert').waitFor();
  await page.locator('.fjs-form-field-error').first().waitFor();
  await checkAccessibility(page, 'form with mistakes');
  await shoot(page, 'apply-mistakes');
  await phone.fill('13800000000');
  await page.waitForResponse((answer) => answer.url().includes('/drafts/') && answer.request().method() === 'PUT' && answer.ok() && answer.request().postData().includes('13800000000'));
  await page.reload();
  await page.locator('.form-host input[id$="phone"]').waitFor();
  assert.equal(await page.locator('.form-host input[id$="phone"]').inputValue(), '13800000000');
  assert.deepEqual(problems, []);
  await context.close();
});

test('without a session, a page behind sign-in leads to sign-in and back', async () => {
  const { page, context } = await openPage(chromium.browser, server.url);
  await page.goto('/cases?state=review');
  await page.getByLabel('账号').fill(server.accounts.company.name);
  await page.getByLabel('密码').fill('wrong-password');
  await page.locator('main').getByRole('button', { name: '登录' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('密码').fill(server.accounts.company.password);
  await page.locator('main').getByRole('button', { name: '登录' }).click();
  await page.getByRole('heading', { name: '办件', exact: true }).waitFor();
  assert.equal(new URL(page.url()).search, '?state=review');
  await context.close();
});

test('a draft opens, takes what is typed and keeps it while the network is gone', async () => {
  const { page, context, problems } = await openPage(chromium.browser, server.url, { serviceWorkers: 'allow' });
  await signIn(page, server.accounts.company);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.goto(`/apply/${server.matter}`);
  await page.getByRole('button', { name: '开始填写' }).click();
  await page.locator('.form-host input[id$="phone"]').waitFor();
  await page.reload();
  await page.locator('.form-host input[id$="phone"]').waitFor();
  await context.setOffline(true);
  await page.reload();
  const phone = page.locator('.form-host input[id$="phone"]');
  await phone.fill('13900000000');
  await page.getByText(/暂存在本机/).waitFor();
  await context.setOffline(false);
  await page.waitForResponse((answer) => answer.request().method() === 'PUT' && answer.ok() && answer.request().postData().includes('13900000000'));
  await page.getByText(/已保存/).waitFor();
  assert.deepEqual(problems, []);
  await context.close();
});
