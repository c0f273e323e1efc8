// The habits of an office in the browser: hand on, ask to sign, send back, take back, stand in, urge; and the dialogs beside them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Zone, accept, apply, offsetTo } from '../api/zone.mjs';
import { checkAccessibility, checkWidth, openPage, settle, shoot, signIn, startBrowser } from './support.mjs';
import { accounts } from '../api/support.mjs';

let zone;
let chromium;
const open = {};

before(async () => {
  zone = await new Zone({ offset: offsetTo('2026-11-23T09:00:00+08:00') }).start();
  chromium = await startBrowser();
});

after(async () => {
  for (const [name, { problems }] of Object.entries(open)) assert.deepEqual(problems, [], name);
  await chromium?.close();
  await zone?.end();
});

async function person(name, look = {}) {
  open[name] ??= await (async () => {
    const opened = await openPage(chromium.browser, zone.base, look);
    await signIn(opened.page, { name, password: accounts[name] });
    return opened;
  })();
  return open[name].page;
}

/** A case in which three departments are asked; with all their opinions, when they are given too. */
async function begun({ withOpinions = false } = {}) {
  const { number } = await apply(await zone.as('company'));
  await accept(await zone.as('window'), number);
  if (withOpinions) for (const name of ['cdo', 'eeb', 'umb']) await (await zone.as(name)).complete(number, 'opinion', 'agree', { opinion: '同意' });
  return number;
}

async function openTask(page, number) {
  await page.goto('/tasks');
  await page.locator('.task-item', { hasText: number }).first().click();
  await page.locator('article.card').waitFor();
  await settle(page);
}

test('a colleague is chosen from a list, signs, and the task is its owner\'s again', { timeout: 60000 }, async () => {
  const number = await begun();
  const page = await person('cdo');
  await openTask(page, number);
  await page.getByRole('button', { name: '会签 / 加签' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('部门').selectOption('NRB');
  await dialog.getByText('许天佑').click();
  await dialog.getByLabel('请对方看什么').fill('请先看用地');
  await checkAccessibility(page, 'asking for signatures');
  await shoot(page, 'office-sign');
  await dialog.getByRole('button', { name: '发出' }).click();
  await page.getByText('前加签：已签 0/1').waitFor();
  assert.equal(await page.getByRole('heading', { name: '审查意见' }).count(), 0, 'nothing to decide while it waits');
  const signer = await person('nrb');
  await signer.goto('/tasks');
  await signer.locator('.task-item', { hasText: '待签署' }).click();
  await signer.getByRole('heading', { name: '请您签署' }).waitFor();
  await signer.locator('.choices label').filter({ hasText: /^同意$/ }).click();
  await signer.getByRole('textbox', { name: /^意见/ }).fill('用地无误');
  await checkAccessibility(signer, 'a signature');
  await shoot(signer, 'office-signature');
  await signer.getByRole('button', { name: /^提交/ }).click();
  await signer.locator('.toast').first().waitFor();
  await openTask(page, number);
  await page.getByText('用地无误').waitFor();
  await page.getByRole('heading', { name: '审查意见' }).waitFor();
});

test('a step just done is taken back, and is there to be done again', { timeout: 60000 }, async () => {
  const number = await begun({ withOpinions: true });
  await (await zone.as('nrb')).complete(number, 'schemeDecision', 'agree', { opinion: '同意' });
  const page = await person('nrb');
  await openTask(page, number);
  await page.getByRole('heading', { name: /规划许可审查/ }).waitFor();
  await page.locator('.choices label').filter({ hasText: /^(同意|准予许可)$/ }).first().click();
  await page.getByRole('textbox', { name: /^意见/ }).fill('同意');
  await page.getByRole('button', { name: /^提交/ }).click();
  await page.getByText(/刚刚办理/).waitFor();
  await checkAccessibility(page, 'just done');
  await shoot(page, 'office-take-back');
  await page.getByRole('button', { name: '撤回', exact: true }).click();
  await page.getByText('已撤回，请重新办理').waitFor();
  await page.locator('.task-item', { hasText: number }).first().waitFor();
});

test('what has taken effect cannot be taken back, and the page says why', { timeout: 60000 }, async () => {
  const number = await begun();
  const page = await person('cdo');
  await openTask(page, number);
  await page.locator('.choices label').filter({ hasText: /^同意$/ }).click();
  await page.getByRole('textbox', { name: /^意见/ }).fill('同意');
  await page.getByRole('button', { name: /^提交/ }).click();
  await page.getByRole('button', { name: '撤回', exact: true }).click();
  await page.getByText(/不能撤回/).waitFor();
  assert.equal(await page.getByRole('button', { name: '撤回', exact: true }).count(), 0);
});

test('a step is sent back with a reason, and handed on to a colleague', { timeout: 60000 }, async () => {
  const number = await begun({ withOpinions: true });
  const page = await person('nrb');
  await openTask(page, number);
  await page.getByRole('button', { name: '转办' }).click();
  let dialog = page.getByRole('dialog');
  await dialog.getByLabel('转办给').selectOption({ index: 1 });
  await dialog.getByLabel('原因').fill('出差');
  await checkAccessibility(page, 'handing on');
  await shoot(page, 'office-transfer');
  await dialog.getByRole('button', { name: '转办' }).click();
  await page.getByText('已转办').first().waitFor();
  const head = await person('nrbhead', { width: 360, height: 740 });
  await openTask(head, number);
  await head.getByRole('button', { name: '退回', exact: true }).click();
  dialog = head.getByRole('dialog');
  await dialog.locator('.choices label').first().click();
  await dialog.getByLabel('原因').fill('意见不全');
  await checkAccessibility(head, 'sending back');
  await checkWidth(head, 'sending back');
  await shoot(head, 'office-send-back-360');
  await dialog.getByRole('button', { name: '退回', exact: true }).click();
  await head.getByText('已退回').first().waitFor();
});

test('a head extends the limit and stops the clock, and it runs again', { timeout: 60000 }, async () => {
  const number = await begun({ withOpinions: true });
  const page = await person('nrbhead');
  await openTask(page, number);
  await page.getByRole('button', { name: '延期' }).click();
  await page.getByRole('dialog').getByLabel('延期理由').fill('需要补充论证');
  await checkAccessibility(page, 'extending');
  await page.getByRole('dialog').getByRole('button', { name: '批准延期' }).click();
  await page.getByText('已延期').first().waitFor();
  await page.getByRole('button', { name: '停表' }).click();
  await page.getByRole('dialog').getByLabel('特别程序').selectOption('专家评审');
  await page.getByRole('dialog').getByLabel('理由').fill('需要专家评审');
  await page.getByRole('dialog').getByRole('button', { name: '停表并告知' }).click();
  await page.getByText('已停表，并已告知申请人').waitFor();
  await page.getByRole('button', { name: '恢复计时' }).click();
  await page.getByText('已恢复计时').waitFor();
});

test('a deputy is set for a period and ended', { timeout: 60000 }, async () => {
  const page = await person('nrb');
  await page.goto('/account');
  await settle(page);
  await page.getByLabel('代办人').selectOption({ label: '何清扬 · 部门负责人' });
  await page.getByLabel('从', { exact: true }).fill('2026-11-25');
  await page.getByLabel('到', { exact: true }).fill('2026-11-24');
  await page.getByText('结束日期不能早于开始日期').waitFor();
  await page.getByLabel('到', { exact: true }).fill('2026-11-27');
  await page.getByRole('button', { name: '设置委托' }).click();
  await page.getByText('许天佑 由 何清扬 代办').waitFor();
  await checkAccessibility(page, 'deputies');
  await shoot(page, 'office-deputy');
  await page.getByRole('button', { name: '结束' }).click();
  await page.getByText('没有委托。').waitFor();
});

test('an applicant urges once a day, and withdraws', { timeout: 60000 }, async () => {
  const number = await begun();
  const page = await person('company', { width: 360, height: 740 });
  await page.goto(`/cases/${number}`);
  await settle(page);
  const urge = async () => {
    await page.getByRole('button', { name: '催办' }).click();
    await page.getByRole('dialog').getByLabel('想说明的情况').fill('开工在即');
    await page.getByRole('dialog').getByRole('button', { name: '催办' }).click();
  };
  await urge();
  await page.getByText('已催办').waitFor();
  await urge();
  await page.getByRole('dialog').getByRole('alert').waitFor();
  await checkAccessibility(page, 'urging twice');
  await shoot(page, 'office-urge-360');
  await page.getByRole('dialog').getByRole('button', { name: '取消' }).click();
  await page.getByRole('button', { name: '撤回申请' }).click();
  await page.getByRole('dialog').getByLabel('原因').fill('改期');
  await page.getByRole('dialog').getByRole('button', { name: '撤回申请' }).click();
  await page.getByText('已撤回').first().waitFor();
});
