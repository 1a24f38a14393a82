// One unit of the network: what it reads, with which weights, and which part of the input it depends on.

/**
 * @typedef {{layer: string, map: number, row: number, column: number}} UnitPlace
 *   For F6, map 0, row and column in the 12 × 7 picture; for C5, row and column are 0.
 * @typedef {{below: string, map: number, top: number, left: number, wide: number, high: number,
 *   values: number[], weights: number[]}} Reading a window of one map below, and the weight of each of its numbers
 */

const Unit = (() => {
  /** How far a unit's window into the input moves from one unit to the next, and how wide it is. */
  const FIELDS = { C1: [1, 5], S2: [2, 6], C3: [2, 14], S4: [4, 16], C5: [0, 32], F6: [0, 32] };
  const BELOW = { C1: "input", S2: "C1", C3: "S2", S4: "C3", C5: "S4", F6: "C5" };
  const F6_WIDTH = 7, C5_WIDTH = 20;

  /** The receptive field in the 32 × 32 input. @param {UnitPlace} unit */
  function receptiveField({ layer, row, column }) {
    const [step, size] = FIELDS[layer];
    return { top: step * row, left: step * column, size };
  }

  /** The numbers in a window of a map. */
  function cut(map, side, top, left, size) {
    return Array.from({ length: size * size }, (_, at) => map[(top + Math.floor(at / size)) * side + left + (at % size)]);
  }

  /**
   * @param {UnitPlace} unit
   * @param {Signals & {input: Maps}} signals
   * @param {Weights} weights
   * @returns {Reading[]}
   */
  function readings({ layer, map, row, column }, signals, { numbers }) {
    const below = BELOW[layer], maps = signals[below], side = Network.SIDE[below];
    if (layer === "F6") {
      const unit = row * F6_WIDTH + column;
      const kernel = maps.map((_, i) => numbers["F6/kernel"][84 * i + unit]);
      const values = maps.map(([x]) => x);
      return [{ below, map: 0, top: 0, left: 0, wide: C5_WIDTH, high: maps.length / C5_WIDTH, values, weights: kernel }];
    }
    if (layer[0] === "S") {
      const [top, left] = [2 * row, 2 * column], weight = numbers[`${layer}/coefficient`][map];
      const values = cut(maps[map], side, top, left, 2);
      return [{ below, map, top, left, wide: 2, high: 2, values, weights: Array(4).fill(weight) }];
    }
    const table = Network.TABLES[layer], before = table.slice(0, map).flat().length;
    return table[map].map((read, n) => {
      const kernel = numbers[`${layer}/kernel`].subarray(25 * (before + n), 25 * (before + n + 1));
      const values = cut(maps[read], side, row, column, 5);
      return { below, map: read, top: row, left: column, wide: 5, high: 5, values, weights: [...kernel] };
    });
  }

  /** The unit's bias. @param {UnitPlace} unit @param {Weights} weights */
  function bias({ layer, map, row, column }, { numbers }) {
    return numbers[`${layer}/bias`][layer === "F6" ? row * F6_WIDTH + column : map];
  }

  /** The unit's weighted sum without its bias. @param {Reading[]} all */
  function sum(all) {
    return all.reduce((total, { values, weights }) => total + values.reduce((t, x, n) => t + x * weights[n], 0), 0);
  }

  return { F6_WIDTH, C5_WIDTH, receptiveField, readings, bias, sum };
})();
