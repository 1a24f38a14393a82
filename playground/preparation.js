// From ink on the pad to the network's input, as MNIST's makers prepared their digits: the box around the ink is
// scaled to fit 20×20, its proportions kept, and laid into 28×28 with its centre of mass in the middle; the network
// of 1998 wants two more pixels on every side. Taught in the chapter "Implementation".

const Preparation = (() => {
  const BOX = 20, FIELD = 28, INPUT = 32;
  const BACKGROUND = -0.1, INK = 1.175;
  const FAINT = 1 / 255; // the least grey that counts as ink

  /**
   * @typedef {{left: number, top: number, right: number, bottom: number}} Box pixels; right and bottom are exclusive
   */

  /**
   * The smallest box around the ink, or null if there is none.
   * @param {Float64Array} ink 0 to 1, side × side @param {number} side @returns {Box | null}
   */
  function inkBox(ink, side) {
    const box = { left: side, top: side, right: 0, bottom: 0 };
    ink.forEach((amount, at) => {
      if (amount < FAINT) return;
      const row = Math.floor(at / side), column = at % side;
      box.left = Math.min(box.left, column);
      box.right = Math.max(box.right, column + 1);
      box.top = Math.min(box.top, row);
      box.bottom = row + 1;
    });
    return box.right ? box : null;
  }

  /**
   * How much of every old pixel each new one covers, when `from`…`to` is divided into `count` equal parts.
   * @returns {[number, number][][]} for each part, pairs of an old pixel and its share; the shares add up to 1
   */
  function shares(from, to, count) {
    const width = (to - from) / count;
    return Array.from({ length: count }, (_, part) => {
      const start = from + part * width, end = start + width;
      /** @type {[number, number][]} */
      const covered = [];
      for (let pixel = Math.floor(start); pixel < end - 1e-9; pixel++) {
        covered.push([pixel, (Math.min(end, pixel + 1) - Math.max(start, pixel)) / width]);
      }
      return covered;
    });
  }

  /**
   * The box drawn anew with width × height pixels, each the mean of what it covers: this is the anti-aliasing.
   * @param {Float64Array} ink @param {number} side @param {Box} box @param {number} width @param {number} height
   */
  function resample(ink, side, box, width, height) {
    const columns = shares(box.left, box.right, width), rows = shares(box.top, box.bottom, height);
    const drawn = new Float64Array(width * height);
    rows.forEach((covered, y) => {
      for (const [row, high] of covered) {
        columns.forEach((across, x) => {
          for (const [column, wide] of across) drawn[y * width + x] += high * wide * ink[row * side + column];
        });
      }
    });
    return drawn;
  }

  /** Centre of mass, in pixels from the top left corner. */
  function centreOfMass(picture, width) {
    let mass = 0, x = 0, y = 0;
    picture.forEach((amount, at) => {
      mass += amount;
      x += amount * ((at % width) + 0.5);
      y += amount * (Math.floor(at / width) + 0.5);
    });
    return { x: x / mass, y: y / mass };
  }

  /** Lay a picture into an empty one of field × field, its corner at (left, top); what sticks out is lost. */
  function lay(picture, width, field, left, top) {
    const whole = new Float64Array(field * field);
    picture.forEach((amount, at) => {
      const row = Math.floor(at / width) + top, column = (at % width) + left;
      if (row >= 0 && row < field && column >= 0 && column < field) whole[row * field + column] = amount;
    });
    return whole;
  }

  /**
   * As MNIST was made.
   * @param {Float64Array} ink 0 to 1, side × side @param {number} side
   * @returns {Float64Array} 28 × 28, 0 to 1; empty without ink
   */
  function likeMnist(ink, side) {
    const box = inkBox(ink, side);
    if (!box) return new Float64Array(FIELD * FIELD);
    const wide = box.right - box.left, high = box.bottom - box.top, scale = BOX / Math.max(wide, high);
    const width = Math.max(1, Math.round(wide * scale)), height = Math.max(1, Math.round(high * scale));
    const digit = resample(ink, side, box, width, height);
    const centre = centreOfMass(digit, width);
    // Rounded up: MNIST's digits have their centres of mass between 14 and 15, never below 14. A centre that is at
    // 14 but for the computer's own rounding, as an upright 1 has, is at 14.
    const [left, top] = [centre.x, centre.y].map((at) => Math.ceil(FIELD / 2 - at - 1e-9));
    return lay(digit, width, FIELD, left, top);
  }

  /** Without any preparation: the whole pad, made 28 × 28. @param {Float64Array} ink @param {number} side */
  function asDrawn(ink, side) {
    return resample(ink, side, { left: 0, top: 0, right: side, bottom: side }, FIELD, FIELD);
  }

  /** 28 × 28 ink → the 32 × 32 input. @param {Float64Array} digit */
  function toInput(digit) {
    const margin = (INPUT - FIELD) / 2;
    return lay(digit, FIELD, INPUT, margin, margin).map((ink) => BACKGROUND + ink * (INK - BACKGROUND));
  }

  return { FIELD, INPUT, BACKGROUND, INK, inkBox, likeMnist, asDrawn, toInput };
})();
