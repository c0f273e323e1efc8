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
