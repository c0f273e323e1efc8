// An administrator adds a webhook, tries it, looks at what could not be delivered, and sends it again.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { checkAccessibility, checkWidth, openPage, settle, shoot, signIn, startBrowser, startServer } from './support.mjs';

let server;
let chromium;
const got = [];
let status = 204;
const receiver = createServer((request, response) => {
  got.push(request.headers);
  request.resume();
  response.writeHead(status).end();
});

before(async () => {
  receiver.listen(0, '127.0.0.1').unref();
  await once(receiver, 'listening');
  server = await startServer({ more: ['--webhook-allow', '127.0.0.1'] });
  chromium = await startBrowser();
});

after(async () => {
  await chromium?.close();
  await server?.stop();
  receiver.closeAllConnections();
  receiver.close();
});

/** As if eleven tries had been made: the next one is the last. */
const tireOut = () =>
  execFileSync('python3', ['-c', 'import sqlite3,sys; c=sqlite3.connect(sys.argv[1], timeout=10); c.execute("UPDATE webhook_delivery SET tries = 11, at = 1"); c.commit()', join(server.data, 'zone.db')]);

for (const look of [{ width: 1440, height: 900 }, { width: 360, height: 740 }])
  test(`a webhook is added, tried, and what it refused is sent again at ${look.width} px`, { timeout: 60000 }, async (t) => {
    if (server.isMock) return t.skip('the stand-in sends nothing');
    const { page, context, problems } = await openPage(chromium.browser, server.url, look);
    const name = `样例平台 ${look.width}`;
    status = 204;
    got.length = 0;
    await signIn(page, server.accounts.admin);
    await page.goto('/admin/webhooks');
    await settle(page);
    await page.getByRole('button', { name: '新增推送地址' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('名称').fill(name);
    await dialog.getByLabel('地址').fill('http://169.254.169.254/latest');
    await dialog.getByLabel('提交申请').check();
    await checkAccessibility(page, 'adding a webhook');
    await checkWidth(page, 'adding a webhook');
    await shoot(page, `webhook-add-${look.width}`);
    await dialog.getByRole('button', { name: '保存' }).click();
    await dialog.getByText(/不允许连接内部或保留地址/).first().waitFor();
    await dialog.getByLabel('地址').fill(`http://127.0.0.1:${receiver.address().port}/`);
    await dialog.getByRole('button', { name: '保存' }).click();
    await page.getByText('签名密钥').waitFor();
    await page.getByText(/^whsec_/).waitFor();
    await checkAccessibility(page, "a webhook's secret");
    await page.getByRole('button', { name: '已保存' }).click();
    const card = page.getByRole('region', { name });
    await card.getByRole('button', { name: '发送测试' }).click();
    await card.getByRole('definition').filter({ hasText: /^1$/ }).first().waitFor();
    assert.match(got[0]['webhook-signature'], /^v1,/);
    status = 500;
    await card.getByRole('button', { name: '发送测试' }).click();
    await card.getByText(/最近一次失败: HTTP 500/).waitFor();
    tireOut();
    await page.waitForTimeout(1500);
    await page.reload();
    await card.getByRole('heading', { name: '未送达的消息' }).waitFor();
    await shoot(page, `webhook-dead-${look.width}`);
    await checkAccessibility(page, 'a webhook with a dead letter');
    await checkWidth(page, 'a webhook with a dead letter');
    status = 204;
    await card.getByRole('button', { name: '重发', exact: true }).click();
    await page.getByText('1 条将重新发送').waitFor();
    await card.getByRole('heading', { name: '未送达的消息' }).waitFor({ state: 'detached' });
    await card.getByRole('button', { name: '停用' }).click();
    await card.getByText('停用', { exact: true }).first().waitFor();
    await card.getByRole('button', { name: '删除' }).click();
    await page.getByRole('dialog').getByRole('button', { name: '删除' }).click();
    await page.getByText('还没有推送地址').waitFor();
    assert.deepEqual(problems, []);
    await context.close();
  });
