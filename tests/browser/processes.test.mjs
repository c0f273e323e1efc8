// Processes: the list, the drawing with the heat of a period and its table, and the check's verdict.
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

for (const look of [{ width: 1440, height: 900 }, { width: 360, height: 740 }])
  test(`a process shows its drawing, its counts and its versions at ${look.width} px`, { timeout: 40000 }, async (t) => {
    if (server.isMock) return t.skip('the stand-in has no processes');
    const { page, context, problems } = await openPage(chromium.browser, server.url, look);
    await signIn(page, server.accounts.admin);
    await page.goto('/processes');
    await settle(page);
    await page.getByRole('link', { name: '建设项目开工直通车' }).click();
    await page.locator('.diagram .djs-element').first().waitFor();
    await page.getByText('这段时间还没有办件经过这个流程。').waitFor();
    assert.ok(await page.locator('.diagram').evaluate((node) => node.querySelector('.viewport').getBoundingClientRect().height <= node.clientHeight + 4), 'the whole drawing is in sight');
    await checkAccessibility(page, 'a process');
    await checkWidth(page, 'a process');
    await page.getByRole('tab', { name: '校验' }).click();
    await page.getByText('每个环节都能到达').waitFor();
    await page.getByRole('tab', { name: '版本' }).click();
    await page.getByText('现行').waitFor();
    await checkAccessibility(page, 'versions of a process');
    await checkWidth(page, 'versions of a process');
    await shoot(page, `process-${look.width}`);
    assert.deepEqual(problems, []);
    await context.close();
  });

for (const look of [{ width: 1440, height: 900 }, { width: 360, height: 740 }])
  test(`an administrator holds a process's cases and lets them go on at ${look.width} px`, { timeout: 40000 }, async (t) => {
    if (server.isMock) return t.skip('the stand-in has no processes');
    const { page, context, problems } = await openPage(chromium.browser, server.url, look);
    await signIn(page, server.accounts.admin);
    await page.goto('/processes/opening-express?view=holds');
    await settle(page);
    await page.getByText('该流程没有挂起的办件。').waitFor();
    await page.getByRole('button', { name: '挂起全部办件' }).click();
    const order = page.getByRole('dialog');
    assert.ok(await order.getByRole('button', { name: '挂起全部办件' }).isDisabled(), 'a reason is needed');
    await order.getByLabel('原因').fill('模型有误');
    await checkAccessibility(page, 'ordering a hold');
    await order.getByRole('button', { name: '挂起全部办件' }).click();
    await page.getByText('该流程有办件被挂起。').waitFor();
    await page.getByText('已挂起', { exact: true }).first().waitFor({ timeout: 15000 });
    await shoot(page, `process-held-${look.width}`);
    await checkAccessibility(page, 'a held process');
    await checkWidth(page, 'a held process');
    await page.getByRole('button', { name: '恢复办理' }).click();
    const release = page.getByRole('dialog');
    await release.getByLabel('原因').fill('已更正');
    await release.getByRole('button', { name: '恢复办理' }).click();
    await page.getByText('已恢复', { exact: true }).first().waitFor({ timeout: 15000 });
    await page.getByText('该流程没有挂起的办件。').waitFor();
    assert.deepEqual(problems, []);
    await context.close();
  });
