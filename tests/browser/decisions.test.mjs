// Decisions: the table lights up as inputs change, cells say why they fail, a wanted answer is reached, and what the proof found can be tried.
import assert from 'node:assert/strict';
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

async function open(path, look = {}) {
  const opened = await openPage(chromium.browser, server.url, look);
  await signIn(opened.page, server.accounts.head);
  await opened.page.goto(path);
  await settle(opened.page);
  return opened;
}

const row = (page, rule) => page.locator('.tjs-table tbody tr').nth(rule - 1);
const classOf = async (page, rule) => (await row(page, rule).getAttribute('class')) ?? '';

test('the rule that decides is lit, and each cell that fails says why', { timeout: 30000 }, async () => {
  const { page, context, problems } = await open('/decisions');
  await page.getByRole('link', { name: '受理建议' }).click();
  await page.locator('.gx-hit').first().waitFor();
  assert.match(await classOf(page, 1), /gx-hit/);
  await page.getByLabel('缺少材料件数').fill('3');
  await page.locator('.tjs-table tbody tr:nth-child(1).gx-miss').waitFor();
  const cell = row(page, 1).locator('td.input-cell').first();
  assert.equal(await cell.getAttribute('title'), '缺少材料件数为“3”，不满足“0”');
  assert.match(await page.getByRole('region', { name: '结论', exact: true }).innerText(), /correct/);
  await checkAccessibility(page, 'a decision tried');
  await checkWidth(page, 'a decision tried');
  await shoot(page, 'decision-tried');
  assert.deepEqual(problems, []);
  await context.close();
});

test('a wanted answer is reached by the changes that are shown', { timeout: 30000 }, async () => {
  const { page, context, problems } = await open('/decisions/D04');
  await page.getByLabel('缺少材料件数').fill('3');
  await page.getByRole('group', { name: '都可以容缺' }).getByText('是', { exact: true }).click();
  await page.getByLabel('想要的结论').selectOption({ label: 'action = promise' });
  await page.getByRole('button', { name: '按此改动试算' }).click();
  await page.getByText('现在就是这个结论。').waitFor();
  await page.locator('.facts', { hasText: 'promise' }).waitFor();
  assert.equal(await page.getByLabel('缺少材料件数').inputValue(), '2');
  assert.match(await page.getByRole('region', { name: '结论', exact: true }).innerText(), /promise/);
  assert.deepEqual(problems, []);
  await context.close();
});

test('a gap is an example one can try; overlaps and mergeable rules are marked in the table', { timeout: 30000 }, async (t) => {
  if (server.isMock) return t.skip('the stand-in loads no packages');
  const { page, context, problems } = await open('/decisions/fee', { width: 360, height: 740 });
  await page.locator('.gx-found').first().waitFor();
  assert.equal(await page.locator('.gx-found').count(), 3, 'the hidden rule and the two that could be one');
  const gaps = page.locator('.papers li', { hasText: '遗漏' });
  const example = /面积 = (-?\d+), 类别 = "(\w)"/.exec(await gaps.first().innerText());
  await gaps.first().getByRole('button', { name: '试一试' }).click();
  await page.locator('.explanation', { hasText: '没有规则适用' }).waitFor();
  assert.equal(await page.getByLabel('面积').inputValue(), example[1]);
  assert.equal(await page.getByLabel('类别').evaluate((select) => select.selectedOptions[0].textContent), example[2]);
  assert.equal(await page.locator('.gx-hit').count(), 0);
  await page.locator('.papers li', { hasText: '可以合并' }).getByRole('button', { name: '在表中查看' }).click();
  await checkAccessibility(page, 'findings');
  await checkWidth(page, 'findings');
  await shoot(page, 'decision-findings-360');
  assert.deepEqual(problems, []);
  await context.close();
});

test('a decision that is not there and a search that finds none are said to be so', { timeout: 30000 }, async () => {
  const { page, context, problems } = await open('/decisions/none');
  await page.getByRole('heading', { name: '没有找到' }).waitFor();
  await page.goto('/decisions?q=zzz');
  await page.getByRole('heading', { name: '没有符合条件的决策' }).waitFor();
  assert.deepEqual(problems, []);
  await context.close();
});
