// Twenty tests, each in a browser and with a server of its own: none sees what another does.

import { Tincan } from 'tincan-client';
import { expect, test } from 'tincan-lab/playwright';

for (let number = 1; number <= 20; number++) {
  test(`jane sees what john writes, and nothing else: ${number}`, async ({ browser, lab, as }) => {
    const john = new Tincan(lab.url, { token: await lab.token('john') });
    const { id } = await john.createRoom('Kitchen', ['jane']);
    await john.send(id, `It is ${number}`);
    const context = await browser.newContext({ baseURL: lab.url, storageState: await as('jane') });
    const page = await context.newPage();
    await page.goto(`/plain/conversations/${id}`);
    await expect(page.getByText('It is ')).toHaveText([`It is ${number}`]);
    await context.close();
  });
}
