// Each quickstart in a browser: signing in, reading, sending and receiving by each transport, and a reset; through its
// development server’s proxy, by CORS from the same, and as files that the lab serves itself.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Tincan } from 'tincan-client';
import { expect, test as base } from 'tincan-lab/playwright';
import { QUICKSTARTS } from './quickstarts.js';

const test = base.extend({
  quickstart: ['', { scope: 'worker', option: true }],

  /** The address of the quickstart’s development server. */
  dev: [async ({ lab, quickstart }, use) => {
    const port = await freePort();
    const [program, ...args] = QUICKSTARTS[quickstart].dev;
    const server = spawn(`${import.meta.dirname}/../node_modules/.bin/${program}`, [...args, `${port}`], {
      cwd: `${import.meta.dirname}/${quickstart}`,
      env: { ...process.env, TINCAN_SERVER: lab.url },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const ended = once(server, 'exit');
    // It must not outlive this worker, however that ends.
    const kill = () => server.kill();
    process.once('exit', kill);
    const url = `http://localhost:${port}`;
    while (!(await fetch(url).catch(() => undefined))?.ok) {
      if (server.exitCode !== null) throw new Error(`${program} ended before it was ready`);
      await new Promise((done) => setTimeout(done, 50));
    }
    await use(url);
    kill();
    await ended;
    process.off('exit', kill);
  }, { scope: 'worker', timeout: 180_000 }],
});

async function freePort() {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** What a person does there, and what they see. */
async function useIt(page, lab, address) {
  const john = new Tincan(lab.url, { token: await lab.token('john') });
  const { id } = await john.createRoom('Quickstart', ['jane']);
  await john.send(id, 'Are you at home?');

  await page.goto(address);
  await page.getByLabel('Name').fill('jane');
  await page.getByRole('button', { name: 'Sign in' }).click();
  const conversation = page.getByRole('navigation').getByRole('button', { name: 'Quickstart' });
  const log = page.getByRole('log');
  const transport = new URL(page.url()).searchParams.get('transport');
  await expect(page.getByRole('status')).toHaveText(`connected ${transport}`);
  await conversation.click();
  const newest = log.getByRole('listitem').last();
  await expect(newest).toHaveText('john: Are you at home?');
  await lab.snapshot('before');

  await page.getByLabel('Message').fill('Come in');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(newest).toHaveText('jane: Come in');
  await john.send(id, 'Open the door');
  await expect(newest).toHaveText('john: Open the door');
  await expect(log.getByText('jane: Come in')).toHaveCount(1);
  expect((await john.messages(id, { limit: 2 })).map(({ content }) => content)).toEqual(['Open the door', 'Come in']);

  // Without a network nothing is asked for, and nothing is missed.
  await page.context().setOffline(true);
  await expect(page.getByRole('status')).toHaveText(`offline ${transport}`);
  await john.send(id, 'Are you there?');
  await page.context().setOffline(false);
  await expect(newest).toHaveText('john: Are you there?');

  // Another database: everything is loaded anew, and it goes on.
  await lab.reset('before');
  await expect(newest).toHaveText('john: Are you at home?');
  await expect(log.getByText('jane: Come in')).toHaveCount(0);
  await john.send(id, 'Once more');
  await expect(newest).toHaveText('john: Once more');

  // The same without any session.
  await lab.reset();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
}

for (const transport of ['sse', 'websocket', 'poll']) {
  test(`through the proxy of its development server: ${transport}`, ({ page, lab, dev }) =>
    useIt(page, lab, `${dev}/?transport=${transport}`));
  test(`by CORS: ${transport}`, ({ page, lab, dev }) =>
    useIt(page, lab, `${dev}/?server=${lab.url}&transport=${transport}`));
  test(`from the lab itself: ${transport}`, ({ page, lab }) =>
    useIt(page, lab, `${lab.url}/?transport=${transport}`));
}
