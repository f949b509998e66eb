import { CLOSEST, Crop } from '../account/crop.js';
import { assert, test } from './runner.js';

test('at first, as much of a picture is in the square as fits, from its middle', () => {
  assert.equal(new Crop(400, 200).part, { x: 100, y: 0, size: 200 });
  assert.equal(new Crop(200, 400).part, { x: 0, y: 100, size: 200 });
});

test('the square never leaves the picture', () => {
  const crop = new Crop(400, 200);
  crop.move(9, 9);
  assert.equal(crop.part, { x: 0, y: 0, size: 200 });
  crop.move(-9, -9);
  assert.equal(crop.part, { x: 200, y: 0, size: 200 });
  // Half of its own width at a time.
  crop.move(.5, 0);
  assert.equal(crop.part, { x: 100, y: 0, size: 200 });
});

test('coming closer keeps the middle, and going away stays in the picture', () => {
  const crop = new Crop(400, 200);
  crop.zoom = 2;
  assert.equal(crop.part, { x: 150, y: 50, size: 100 });
  crop.move(-9, -9);
  assert.equal(crop.part, { x: 300, y: 100, size: 100 });
  crop.zoom = 0;
  assert.equal([crop.zoom, crop.part], [1, { x: 200, y: 0, size: 200 }]);
  crop.zoom = 99;
  assert.equal(crop.zoom, CLOSEST);
});
