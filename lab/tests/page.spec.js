// The page with a lab’s controls, as somebody uses it who builds a front end.

import { Tincan } from 'tincan-client';
import { expect, test } from 'tincan-lab/playwright';

test('one is somebody in a tab of its own, sees what happens, and has things go wrong', async ({ page, lab }) => {
  await page.goto(`${lab.url}/dev`);
  const [tab] = await Promise.all([
    page.context().waitForEvent('page'),
    page.getByRole('link', { name: 'jane', exact: true }).click(),
  ]);
  await expect(tab).toHaveURL(`http://jane.localhost:${new URL(lab.url).port}/`);
  await expect(tab.getByText('jane', { exact: true }).first()).toBeVisible();

  // Her stream is there, and comes back when it is cut.
  const streams = page.getByRole('region', { name: 'Streams' });
  await expect(streams.getByRole('listitem')).toHaveCount(1);
  await expect(streams.getByRole('listitem')).toContainText('jane');
  const log = page.getByRole('region', { name: 'Log' });
  await expect(log.getByText(/^opened jane/)).toHaveCount(1);
  await streams.getByRole('button', { name: 'Cut' }).click();
  await expect(log.getByText(/^closed jane/)).toHaveCount(1);
  await expect(log.getByText(/^opened jane/)).toHaveCount(2);

  // An answer is lost after its commit, once.
  await page.getByLabel('What goes wrong').selectOption('lost-answer');
  await page.getByLabel('Operation').fill('POST /api/conversations/{id}/messages');
  await page.getByLabel('Times').fill('1');
  await page.getByRole('button', { name: 'Add' }).click();
  const faults = page.getByRole('region', { name: 'Faults' });
  await expect(faults.getByRole('listitem')).toContainText('0 of 0');
  const john = new Tincan(lab.url, { token: await lab.token('john') });
  const { id } = await john.createRoom('Kitchen', ['jane']);
  await john.send(id, 'Soup');
  await expect(faults.getByRole('listitem')).toContainText('1 of');
  const said = (await john.messages(id)).filter(({ content }) => content === 'Soup');
  expect(said).toHaveLength(1);
});

test('the clock stands, and a snapshot is put back', async ({ page, lab }) => {
  await page.goto(`${lab.url}/dev`);
  const clock = page.getByRole('region', { name: 'Clock' });
  await clock.getByRole('button', { name: 'Stop' }).click();
  await expect(clock.getByText('It stands still.')).toBeVisible();
  const time = async () => Date.parse((await clock.getByRole('time').textContent() ?? '').replace(' UTC', 'Z').replace(' ', 'T'));
  const before = await time();
  await clock.getByRole('button', { name: '+1 h' }).click();
  await expect.poll(time).toBe(before + 3_600_000);

  const john = new Tincan(lab.url, { token: await lab.token('john') });
  await page.getByLabel('Name').fill('empty-house');
  await page.getByRole('button', { name: 'Take' }).click();
  const snapshots = page.getByRole('region', { name: 'Snapshots' });
  const kept = snapshots.getByRole('listitem').filter({ hasText: 'empty-house' });
  await expect(kept).toHaveCount(1);
  await john.createRoom('Kitchen', []);
  expect(await john.conversations()).toHaveLength(1);
  await kept.getByRole('button', { name: 'Put back' }).click();
  await expect.poll(() => john.conversations()).toEqual([]);
  await page.getByRole('button', { name: 'Reset to the start' }).click();
  await expect.poll(() => john.conversations().catch(({ status }) => status)).toBe(401);
});
