// What of a picture is shown in a square: which part, and how large. Knows no elements.

/** So much closer than the whole of it one may come. */
export const CLOSEST = 4;

export class Crop {
  #width;
  #height;
  #zoom = 1;
  /** The middle of the part, in pixels of the picture. */
  #x;
  #y;

  /** @param {number} width @param {number} height of the picture, in pixels */
  constructor(width, height) {
    this.#width = width;
    this.#height = height;
    this.#x = width / 2;
    this.#y = height / 2;
  }

  get zoom() {
    return this.#zoom;
  }

  /** Comes closer to the middle, or goes away from it. @param {number} zoom 1 is as much as fits */
  set zoom(zoom) {
    this.#zoom = Math.min(Math.max(zoom, 1), CLOSEST);
    this.move(0, 0);
  }

  /** The part, in pixels of the picture. */
  get part() {
    const size = this.#size;
    return { x: this.#x - size / 2, y: this.#y - size / 2, size };
  }

  /** Moves the picture under the square, and never out of it. @param {number} right @param {number} down in widths of the square */
  move(right, down) {
    const half = this.#size / 2;
    this.#x = Math.min(Math.max(this.#x - right * 2 * half, half), this.#width - half);
    this.#y = Math.min(Math.max(this.#y - down * 2 * half, half), this.#height - half);
  }

  get #size() {
    return Math.min(this.#width, this.#height) / this.#zoom;
  }
}
