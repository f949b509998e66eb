import { Tincan } from 'tincan-client';
import { describe, expect } from 'vitest';
import { test } from 'tincan-lab/vitest';

test.override('labArgs', ['--seed', 'empty', '--people', 'john,jane,ada']);

describe.each([1, 2, 3])('the fixture of Vitest', (number) => {
  test('each test begins anew', async ({ lab }) => {
    const john = new Tincan(lab.url, { token: await lab.token('john') });
    expect((await john.conversations()).map(({ name }) => name)).not.toContain('Kitchen');
    const { id } = await john.createRoom('Kitchen', ['jane']);
    await john.send(id, `It is ${number}`);
    await lab.snapshot('before');
    await john.send(id, 'more');
    await lab.reset('before');
    expect((await john.messages(id, { limit: 1 })).map(({ content }) => content)).toEqual([`It is ${number}`]);
  });
});

test('its arguments count', ({ lab }) => {
  expect(lab.people).toContain('ada');
});
