// The whole story in a browser: a company applies, the window asks one correction and then accepts, four departments review,
// both permits come together, the QR page says valid, and a permit with one changed byte is found out.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test as plainTest } from 'node:test';
import { checkAccessibility, checkWidth, openPage, settle, shoot, signIn, startBrowser, startServer } from './support.mjs';

let server;
let chromium;
const people = {};
let number;

before(async () => {
  server = await startServer();
  chromium = await startBrowser();
});

after(async () => {
  await chromium?.close();
  await server?.stop();
});

let isBroken = false;

/** A chapter of the story: without the chapter before it, it cannot be told. On failure the open pages are kept as pictures. */
function test(name, tell) {
  plainTest(name, { timeout: 120000 }, async (context) => {
    if (isBroken) return context.skip('the story broke off before');
    try {
      await tell();
    } catch (error) {
      isBroken = true;
      for (const [key, { page }] of Object.entries(people)) await shoot(page, `failed-${key}`).catch(() => undefined);
      throw error;
    }
  });
}

async function person(key, account) {
  people[key] ??= await (async () => {
    const opened = await openPage(chromium.browser, server.url);
    await signIn(opened.page, account);
    return opened;
  })();
  return people[key].page;
}

/** Fills what a page of the form asks for and is still empty. */
async function fillPage(page) {
  const host = page.locator('.form-host');
  for (const input of await host.locator('input[type=text], input[type=tel], input[type=number], input[type=email], textarea').all()) {
    if (!(await input.isVisible()) || (await input.inputValue())) continue;
    const id = (await input.getAttribute('id')) ?? '';
    const isFigure = (await input.getAttribute('inputmode')) === 'decimal' || (await input.evaluate((node) => node.closest('.fjs-form-field-number') !== null));
    if (await input.evaluate((node) => node.closest('.fjs-form-field-datetime') !== null)) {
      await input.fill(/end/i.test(id) ? '12/01/2027' : '12/15/2026');
      await input.press('Tab');
      continue;
    }
    await input.fill(/uscc/i.test(id) ? '913708996312043113' : /phone/i.test(id) ? '13800000000' : /code$/i.test(id) ? '2026-370899-34-01-123456' : isFigure ? (/percent/i.test(id) ? '20' : '1200') : '样例');
  }
  for (const group of await host.locator('.fjs-form-field-radio').all()) if (!(await group.locator('input:checked').count())) await group.locator('input').first().check({ force: true });
  for (const select of await host.locator('.fjs-form-field-select').all()) {
    if (!(await select.locator('.fjs-select-placeholder').count())) continue;
    await select.locator('.fjs-input-group').click();
    await page.locator('.fjs-dropdownlist-item').first().click();
  }
  for (const tick of await host.locator('.fjs-form-field-checkbox input[required]').all()) await tick.check({ force: true });
}

const paper = (name) => ({ name, mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n') });

test('the company finds the matter, fills the one form, and gets a receipt', async () => {
  const page = await person('company', server.accounts.company);
  await page.goto(`/matters/${server.matter}`);
  await page.getByRole('link', { name: '开始办理' }).click();
  await page.getByText('新项目').waitFor();
  await settle(page);
  const projects = page.getByRole('group', { name: '项目' }).locator('label');
  if ((await projects.count()) > 1) await projects.first().click();
  await shoot(page, 'apply-start');
  await page.getByRole('button', { name: '开始填写' }).click();
  await page.getByText('已保存').first().waitFor();
  for (let i = 0; i < 12; i++) {
    await settle(page);
    if (await page.getByRole('button', { name: '提交申请' }).isVisible()) break;
    if (await page.locator('.form-host .fjs-form').count()) await fillPage(page);
    const chooser = page.locator('input[type=file][data-document="F16"]');
    if (await chooser.count()) {
      await chooser.setInputFiles(paper('F16 总平面图.pdf'));
      await page.getByText('F16 总平面图.pdf').waitFor();
      await checkAccessibility(page, 'documents page');
      await shoot(page, 'apply-documents');
    }
    await page.getByRole('button', { name: '下一页' }).click();
    await page.waitForTimeout(100);
    const mistakes = await page.locator('[role=alert]').allInnerTexts();
    assert.deepEqual(mistakes, [], 'the page of the form is complete');
  }
  await settle(page);
  await checkAccessibility(page, 'summary');
  await shoot(page, 'apply-summary');
  await page.getByLabel('以上内容真实、准确、完整').check();
  await page.getByRole('button', { name: '提交申请' }).click();
  await page.getByRole('heading', { name: '收件凭证' }).waitFor();
  number = new URL(page.url()).pathname.split('/').pop();
  assert.match(number, /^GX-\d{4}-\d{6}$/);
  await checkAccessibility(page, 'receipt');
  await shoot(page, 'receipt');
});

async function openTask(page, path) {
  await page.goto(path);
  await page.locator('.task-item', { hasText: number }).first().click();
  await page.locator('article.card').waitFor();
  await settle(page);
}

test('the window asks for one correction, completely', async () => {
  const page = await person('window', server.accounts.window);
  await openTask(page, '/window');
  for (const line of await page.locator('.papers > li').filter({ has: page.locator('input[type=radio]') }).all()) {
    const isLacking = (await line.innerText()).includes('F19');
    await line.getByText(isLacking ? '缺少' : '齐全', { exact: true }).click();
    if (isLacking) await line.locator('input.input').fill('请提交完整的勘察报告');
  }
  await page.getByRole('button', { name: /要求补正/ }).click();
  await checkAccessibility(page, 'intake');
  await shoot(page, 'window-intake');
  await page.getByLabel('已核对文书内容').check();
  await page.getByRole('button', { name: /^确认/ }).click();
  await page.getByText(/已办理/).waitFor();
});

test('the company sees why the clock stands still, hands in what is missing and answers', async () => {
  const page = await person('company', server.accounts.company);
  await page.goto(`/cases/${number}`);
  await page.getByRole('heading', { name: /需要您办理/ }).waitFor();
  await settle(page);
  await checkAccessibility(page, 'case with correction');
  await shoot(page, 'case-correction');
  await page.locator('input[type=file][data-document="F19"]').setInputFiles(paper('F19 勘察报告.pdf'));
  await page.getByText('F19 勘察报告.pdf').first().waitFor();
  await page.getByLabel('说明').fill('勘察报告已补齐。');
  await page.getByRole('button', { name: /提交补正|已补齐/ }).click();
  await page.getByText('已提交').first().waitFor();
});

test('the window accepts', async () => {
  const page = await person('window', server.accounts.window);
  await openTask(page, '/window');
  for (const line of await page.locator('.papers > li').filter({ has: page.locator('input[type=radio]') }).all()) await line.getByText('齐全', { exact: true }).click();
  await page.keyboard.press('a');
  await page.getByLabel('已核对文书内容').check();
  await page.getByRole('button', { name: /^确认/ }).click();
  await page.getByText(/已办理/).waitFor();
});

test('four departments review until both permits are issued', async () => {
  let isFirst = true;
  for (let round = 0; round < 12; round++) {
    let done = 0;
    for (const [index, account] of server.accounts.reviewers.entries()) {
      const page = await person(`reviewer${index}`, account);
      await page.goto('/tasks?scope=department');
      await settle(page);
      const item = page.locator('.task-item', { hasText: number });
      if (!(await item.count())) continue;
      await item.first().click();
      await page.locator('article.card').waitFor();
      await settle(page);
      if (isFirst) {
        isFirst = false;
        await page.keyboard.press('a');
        await checkAccessibility(page, 'review pane');
        await shoot(page, 'review-pane');
        await page.getByRole('tab', { name: '规则依据' }).click();
        const address = page.url();
        await page.getByRole('link', { name: '查看规则表' }).first().click();
        await page.locator('.gx-hit').first().waitFor();
        await page.getByText('已填入该办件当时的数据').waitFor();
        await checkAccessibility(page, 'the decision as the case was decided');
        await shoot(page, 'decision-of-case');
        await page.goto(address);
        await page.locator('article.card').waitFor();
        await settle(page);
        await page.keyboard.press('a');
      } else await page.locator('.choices label').filter({ hasText: /同意|通过|齐备|准予/ }).first().click();
      await fillPage(page);
      await page.getByRole('textbox', { name: /^意见/ }).fill('经审查,符合要求。');
      await page.getByRole('button', { name: /^提交/ }).click();
      await page.getByText(/已提交/).waitFor();
      done++;
    }
    if (!done) break;
  }
  const page = await person('company', server.accounts.company);
  await page.goto(`/cases/${number}`);
  await page.getByRole('heading', { name: '证照' }).waitFor();
  assert.equal(await page.getByRole('link', { name: /^下载 .* PDF$/ }).count(), 2, 'both permits came');
  await settle(page);
  await checkAccessibility(page, 'finished case');
  await checkWidth(page, 'finished case');
  await shoot(page, 'case-finished');
});

test('the case shows its diagram and its whole history', async () => {
  const page = await person('company', server.accounts.company);
  await page.goto(`/cases/${number}?view=diagram`);
  await page.locator('.diagram .djs-element').first().waitFor();
  await settle(page);
  await checkAccessibility(page, 'diagram');
  await shoot(page, 'case-diagram');
  await page.getByRole('tab', { name: '全部过程' }).click();
  await page.locator('.timeline li').first().waitFor();
  assert.ok((await page.locator('.timeline li').count()) >= 5, 'the timeline has every step');
  await shoot(page, 'case-timeline');
});

test('on a phone, in English and in the dark, the same case reads as well', async () => {
  const phone = await openPage(chromium.browser, server.url, { width: 360, height: 740 });
  people.companyPhone = phone;
  await signIn(phone.page, server.accounts.company);
  for (const [name, path] of [['home', '/'], ['case', `/cases/${number}`], ['cases', '/cases'], ['timeline', `/cases/${number}?view=timeline`], ['inbox', '/notices']]) {
    await phone.page.goto(path);
    await settle(phone.page);
    await checkAccessibility(phone.page, `${name} on a phone`);
    await checkWidth(phone.page, `${name} on a phone`);
    await shoot(phone.page, `phone-${name}`);
  }
  const { page, context } = people.company;
  await context.addInitScript(() => {
    localStorage.setItem('language', 'en');
    localStorage.setItem('theme', 'dark');
  });
  for (const [name, path] of [['home', '/'], ['case', `/cases/${number}`], ['inbox', '/notices'], ['permits', '/permits']]) {
    await page.goto(path);
    await settle(page);
    await checkAccessibility(page, `${name} in English and dark`);
    await shoot(page, `english-dark-${name}`);
  }
  await page.evaluate(() => localStorage.clear());
  await context.addInitScript(() => {
    localStorage.setItem('language', 'zh');
    localStorage.setItem('theme', 'light');
  });
});

test('anyone can check the permit on a phone, and a changed byte is found out', async () => {
  const company = await person('company', server.accounts.company);
  await company.goto(`/cases/${number}`);
  const link = company.getByRole('link', { name: '验证' }).first();
  await link.waitFor();
  const path = await link.getAttribute('href');
  const waiting = company.waitForEvent('download');
  await company.getByRole('link', { name: /^下载 .* PDF$/ }).first().click();
  const file = join(tmpdir(), `gaoxing-permit-${process.pid}.pdf`);
  await (await waiting).saveAs(file);

  const phone = await openPage(chromium.browser, server.url, { width: 360, height: 740 });
  people.phone = phone;
  const { page } = phone;
  await page.goto(path);
  await page.locator('.verdict.good').waitFor();
  await checkAccessibility(page, 'verification');
  await checkWidth(page, 'verification');
  await shoot(page, 'verify-valid-360');

  const chooser = page.locator('input[type=file]');
  await chooser.setInputFiles(file);
  await page.locator('.verdict.good').waitFor();
  const bytes = await readFile(file);
  const at = Math.floor(bytes.length / 2);
  bytes[at] ^= 1;
  await writeFile(file, bytes);
  await chooser.setInputFiles(file);
  await page.locator('.verdict.bad').waitFor();
  await checkAccessibility(page, 'verification of a changed permit');
  await shoot(page, 'verify-tampered-360');
});

test('no screen broke the content policy or threw an error', () => {
  for (const [name, { problems }] of Object.entries(people)) assert.deepEqual(problems, [], name);
});
