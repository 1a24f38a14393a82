// LeNet-5 as published in 1998, from a picture to ten distances. Taught in the chapter "The network of 1998".
//
// A layer's output is a list of maps; a map is a Float64Array of side × side numbers, row by row. Kernels lie one
// after the other, 25 numbers each, one for every pair of maps that a table connects.

/**
 * @typedef {Float64Array[]} Maps
 * @typedef {{C1: Maps, S2: Maps, C3: Maps, S4: Maps, C5: Maps, F6: Maps, distances: Float64Array}} Signals
 *   Everything the network computed for one picture. C5 is 120 maps of one number, F6 one map of 84 numbers.
 * @typedef {{threshold: number, refused_percent: number, error_percent: number}} Refusal
 *   What refusing every answer beyond a distance does to digits that the weights have never seen.
 * @typedef {{source: string, test_error_percent: number | null, refusals: Refusal[],
 *   numbers: Record<string, Float32Array>}} Weights
 */

const Network = (() => {
  const FORMAT = "weights of the LeNet-5 of 1998";
  const SIDE = { input: 32, C1: 28, S2: 14, C3: 10, S4: 5, C5: 1 };

  /** For each map of C3, the maps of S2 that it reads (table I of the paper). */
  const C3_TABLE = [
    [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 0], [5, 0, 1],
    [0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [3, 4, 5, 0], [4, 5, 0, 1], [5, 0, 1, 2],
    [0, 1, 3, 4], [1, 2, 4, 5], [2, 3, 5, 0],
    [0, 1, 2, 3, 4, 5],
  ];

  /** @type {(maps: number, read: number) => number[][]} Every map reads every map below. */
  const all = (maps, read) => Array.from({ length: maps }, () => [...Array(read).keys()]);
  const TABLES = { C1: all(6, 1), C3: C3_TABLE, C5: all(120, 16) };

  const SHAPES = {
    "C1/kernel": [6, 5, 5], "C1/bias": [6],
    "S2/coefficient": [6], "S2/bias": [6],
    "C3/kernel": [60, 5, 5], "C3/bias": [16],
    "S4/coefficient": [16], "S4/bias": [16],
    "C5/kernel": [1920, 5, 5], "C5/bias": [120],
    "F6/kernel": [120, 84], "F6/bias": [84],
    "output/centres": [10, 84],
  };

  /** f(a) = A tanh(Sa), appendix A. @type {(a: number) => number} */
  const squash = (a) => 1.7159 * Math.tanh((2 / 3) * a);

  /**
   * Each map: a bias, plus every map that its row of the table names, convolved with a 5×5 kernel; squashed.
   * @param {Maps} maps @param {number} side of the maps read
   * @param {number[][]} table @param {Float32Array} kernels @param {Float32Array} bias
   * @returns {Maps}
   */
  function convolve(maps, side, table, kernels, bias) {
    const size = side - 4;
    let connection = 0;
    return table.map((read, m) => {
      const sums = new Float64Array(size * size).fill(bias[m]);
      for (const c of read) {
        const kernel = kernels.subarray(25 * connection, 25 * ++connection);
        for (let k = 0; k < 25; k++) addShifted(sums, size, maps[c], side, Math.floor(k / 5), k % 5, kernel[k]);
      }
      return sums.map(squash);
    });
  }

  /** Add weight × map to the sums, the map moved up by i rows and left by j columns. */
  function addShifted(sums, size, map, side, i, j, weight) {
    for (let row = 0; row < size; row++) {
      const from = (row + i) * side + j, to = row * size;
      for (let column = 0; column < size; column++) sums[to + column] += weight * map[from + column];
    }
  }

  /**
   * Each map: coefficient × the sum of every 2×2 block, plus a bias; squashed.
   * @param {Maps} maps @param {number} side of the maps read
   * @param {Float32Array} coefficient @param {Float32Array} bias
   * @returns {Maps}
   */
  function subsample(maps, side, coefficient, bias) {
    const size = side / 2;
    return maps.map((map, m) => {
      const sums = new Float64Array(size * size);
      for (let at = 0; at < sums.length; at++) {
        const corner = 2 * side * Math.floor(at / size) + 2 * (at % size);
        const block = map[corner] + map[corner + 1] + map[corner + side] + map[corner + side + 1];
        sums[at] = squash(coefficient[m] * block + bias[m]);
      }
      return sums;
    });
  }

  /**
   * 84 units, each reading all 120 of C5.
   * @param {Maps} maps @param {Float32Array} kernel (120, 84) @param {Float32Array} bias
   * @returns {Maps}
   */
  function connect(maps, kernel, bias) {
    const sums = Float64Array.from(bias);
    maps.forEach(([x], i) => {
      for (let j = 0; j < sums.length; j++) sums[j] += x * kernel[i * sums.length + j];
    });
    return [sums.map(squash)];
  }

  /**
   * Ten squared distances, one from each bitmap (equation 7). The smallest is the answer.
   * @param {Float64Array} drawn @param {Float32Array} centres
   */
  function distances(drawn, centres) {
    return Float64Array.from({ length: 10 }, (_, digit) =>
      drawn.reduce((total, x, j) => total + (x - centres[84 * digit + j]) ** 2, 0),
    );
  }

  /**
   * @param {Weights} weights
   * @param {Float64Array} picture 32 × 32 numbers: background −0.1, ink 1.175
   * @returns {Signals}
   */
  function forward({ numbers: w }, picture) {
    const C1 = convolve([picture], SIDE.input, TABLES.C1, w["C1/kernel"], w["C1/bias"]);
    const S2 = subsample(C1, SIDE.C1, w["S2/coefficient"], w["S2/bias"]);
    const C3 = convolve(S2, SIDE.S2, TABLES.C3, w["C3/kernel"], w["C3/bias"]);
    const S4 = subsample(C3, SIDE.C3, w["S4/coefficient"], w["S4/bias"]);
    const C5 = convolve(S4, SIDE.S4, TABLES.C5, w["C5/kernel"], w["C5/bias"]);
    const F6 = connect(C5, w["F6/kernel"], w["F6/bias"]);
    return { C1, S2, C3, S4, C5, F6, distances: distances(F6[0], w["output/centres"]) };
  }

  /** The digits 0 to 9, nearest first. @param {Float64Array} distances @returns {number[]} */
  function ranked(distances) {
    return [...distances.keys()].sort((a, b) => distances[a] - distances[b]);
  }

  /**
   * Read a file that `lenet_utils.playground.export_weights` wrote.
   * @param {string} text
   * @returns {Weights}
   * @throws {Error} with a message for the reader
   */
  function readWeights(text) {
    const file = parse(text);
    if (file.format !== FORMAT) throw new Error(`it does not call itself “${FORMAT}”.`);
    for (const name of new Set([...Object.keys(SHAPES), ...Object.keys(file.shapes ?? {})])) {
      const [wanted, found] = [SHAPES[name], file.shapes?.[name]].map((shape) => shape?.join("×") ?? "absent");
      if (wanted !== found) throw new Error(`${name} should be ${wanted}, and is ${found}.`);
    }
    return {
      source: String(file.source ?? "no source given"),
      test_error_percent: typeof file.test_error_percent === "number" ? file.test_error_percent : null,
      refusals: Array.isArray(file.refusals) ? file.refusals.filter(isRefusal) : [],
      numbers: cut(decode(file.numbers)),
    };
  }

  const isRefusal = (row) =>
    [row?.threshold, row?.refused_percent, row?.error_percent].every(Number.isFinite) && Number.isInteger(row.threshold);

  /** @param {string} text */
  function parse(text) {
    try {
      return JSON.parse(text) ?? {};
    } catch {
      throw new Error("it is not such a file, or it was cut short.");
    }
  }

  /** Base64 of little-endian float32. @param {unknown} text @returns {Float32Array} */
  function decode(text) {
    let bytes;
    try {
      bytes = Uint8Array.from(atob(String(text)), (letter) => letter.charCodeAt(0));
    } catch {
      throw new Error("its numbers cannot be decoded.");
    }
    if (bytes.length % 4) throw new Error("its numbers were cut short.");
    return new Float32Array(bytes.buffer);
  }

  /** One array for each name, in the order of SHAPES. @param {Float32Array} all */
  function cut(all) {
    const sizes = Object.values(SHAPES).map((shape) => shape.reduce((a, b) => a * b));
    const wanted = sizes.reduce((a, b) => a + b);
    if (all.length !== wanted) throw new Error(`${wanted} numbers were expected, and ${all.length} found.`);
    if (!all.every(Number.isFinite)) throw new Error("some of its numbers are not finite.");
    let from = 0;
    return Object.fromEntries(
      Object.keys(SHAPES).map((name, n) => [name, all.subarray(from, (from += sizes[n]))]),
    );
  }

  return { SIDE, TABLES, forward, ranked, readWeights, squash };
})();
