// What the page shows. Nothing is computed here but colours and places.

const View = (() => {
  // Colours of lenet_utils/plotting/style.py: figures look the same by day and by night.
  const PAPER = "#fbf8f1", INK = "#22262e", BLUE = "#0a6cae", PALE = "#f7f4ec", ORANGE = "#c4570a";
  const MOST = 1.7159; // where f ends

  /** @param {string} hex @returns {number[]} red, green, blue */
  const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

  /** A colour between two, for 0 to 1. @returns {(share: number) => number[]} */
  function blend(from, to) {
    const [a, b] = [rgb(from), rgb(to)];
    return (share) => a.map((part, n) => part + Math.min(1, Math.max(0, share)) * (b[n] - part));
  }
  const toInk = blend(PAPER, INK), toBlue = blend(PALE, BLUE), toOrange = blend(PALE, ORANGE);

  /** From background to ink. @returns {(value: number) => number[]} */
  const shade = (low, high) => (value) => toInk((value - low) / (high - low));
  /** Negative blue, zero pale, positive orange. */
  const signed = (most) => (value) => (value < 0 ? toBlue(-value / most) : toOrange(value / most));

  /** The cells of F6 and of the bitmaps: −1 is paper, +1 is ink. */
  const CELLS = shade(-1.1, 1.1);

  /** Two decimals, with a proper minus. @param {number} value */
  const number = (value) => value.toFixed(2).replace("-", "−");

  /** @type {(place: ParentNode, selector: string) => HTMLElement} */
  const one = (place, selector) => place.querySelector(selector);
  /** @type {(place: ParentNode, selector: string) => HTMLElement[]} */
  const every = (place, selector) => [...place.querySelectorAll(selector)].map((found) => /** @type {HTMLElement} */ (found));
  /** @type {(place: ParentNode, selector: string) => HTMLCanvasElement[]} */
  const canvases = (place, selector) => every(place, selector).map((found) => /** @type {HTMLCanvasElement} */ (found));

  /** Name, what it is, how many maps, and their side. @type {[string, string, number, number][]} */
  const LAYERS = [
    ["C1", "six convolutions of the input", 6, 28],
    ["S2", "each map at half the size", 6, 14],
    ["C3", "convolutions of three, four or six maps", 16, 10],
    ["S4", "half the size again", 16, 5],
  ];

  /**
   * Paint numbers as pixels, one each.
   * @param {HTMLCanvasElement} canvas @param {ArrayLike<number>} values @param {number} width
   * @param {(value: number) => number[]} colour
   */
  function paint(canvas, values, width, colour) {
    const height = values.length / width;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d"), image = context.createImageData(width, height);
    for (let at = 0; at < values.length; at++) image.data.set([...colour(values[at]), 255], 4 * at);
    context.putImageData(image, 0, 0);
  }

  /** @param {string} html @returns {HTMLElement} */
  function element(html) {
    const template = document.createElement("template");
    template.innerHTML = html.trim();
    return /** @type {HTMLElement} */ (template.content.firstChild);
  }

  const map = (width, height = width) =>
    `<span class="play-map"><canvas width="${width}" height="${height}" aria-hidden="true"></canvas></span>`;

  const TOP = `
    <div class="play-top">
      <div class="play-pad">
        <canvas id="pad" width="560" height="560" tabindex="0" role="application" aria-label="Drawing pad"
          aria-describedby="pad-help"></canvas>
        <span class="play-hint" aria-hidden="true">Draw a digit here</span>
        <span class="play-cross" aria-hidden="true"></span>
      </div>
      <div class="play-side">
        <div class="play-seen">${map(32)}<span class="play-caption">what the network sees</span></div>
        <div id="answer" data-digit="" data-distance="" data-rejected="false">
          <span class="play-digit">–</span><span class="play-words"></span>
        </div>
      </div>
    </div>
    <p id="pad-help" class="play-hidden">Draw with mouse, finger or pen; or with the arrow keys, after the space bar
      has lowered the pen. The space bar lifts it again. Backspace takes a stroke back, Delete clears the pad.</p>
    <p class="play-hidden" role="status" data-part="spoken"></p>
    <div class="play-buttons">
      <button type="button" id="clear">Clear</button>
      <button type="button" data-part="undo">Undo</button>
      {more}
    </div>
    <p class="play-message" role="status"></p>`;

  const MORE = `
      <button type="button" data-part="share">Copy link</button>
      <label class="play-check"><input type="checkbox" data-part="prepare" checked> prepare it as MNIST’s digits were</label>`;

  const CONTROLS = `
    <div class="play-limit">
      <label for="limit">Call it <em>not a digit</em> beyond a distance of <output data-part="limit-shown"></output></label>
      <input type="range" id="limit" min="1" max="60" step="1">
      <span class="play-caption" data-part="refusals"></span>
    </div>
    <div class="play-examples" role="group" aria-label="Examples"></div>`;

  const NETWORK = `
    <div class="play-network">
      <div class="play-layers">
        ${LAYERS.map(([name, what, count, side]) => layer(name, `${count} maps of ${side}×${side}: ${what}`, map(side).repeat(count), count)).join("")}
        ${layer("C5", "120 units, each reading all of S4", map(Unit.C5_WIDTH, 6), 1)}
        <div class="play-end">
          ${layer("F6", "84 units that draw", map(Unit.F6_WIDTH, 12), 1)}
          <div class="play-layer" data-layer="output" tabindex="0" role="application"
            aria-label="The ten distances. Arrow keys choose one.">
            <p class="play-name"><b>Output</b> its distance from each bitmap</p>
            <div class="play-bars">${[...Array(10).keys()].map(bar).join("")}<span class="play-line"></span></div>
          </div>
        </div>
      </div>
      <aside class="play-unit" aria-label="The chosen unit">
        <p class="play-unit-name">Point at any unit, or touch it</p>
        <p class="play-caption" data-part="unit-words">to see which part of the input it depends on, what it reads and
          with which weights. With a keyboard: Tab to a layer, then the arrow keys.</p>
        <div class="play-field">${map(32)}</div>
        <div class="play-readings"></div>
      </aside>
    </div>
    <div class="play-foot">
      <p class="play-caption" data-part="source"></p>
      <label class="play-file">Load your own weights<input type="file" accept=".json,application/json"></label>
      <button type="button" data-part="own-back" hidden>Back to the book’s weights</button>
    </div>`;

  function layer(name, what, maps, count) {
    return `<div class="play-layer" data-layer="${name}" tabindex="0" role="application"
        aria-label="Layer ${name}: ${what}. Arrow keys choose a unit.">
      <p class="play-name"><b>${name}</b> ${what}</p><div class="play-maps" style="--count: ${count}">${maps}</div></div>`;
  }

  function bar(digit) {
    return `<span class="play-bar" data-digit="${digit}"><span class="play-value"></span><i></i>${map(7, 12)}</span>`;
  }

  /**
   * Fill a place of the page.
   * @param {HTMLElement} place @param {boolean} whole all layers, or pad, input and answer alone
   */
  function build(place, whole) {
    place.classList.add("playground");
    const more = `<a class="play-more" href="${place.dataset.page}">Watch every layer</a>`;
    place.innerHTML = TOP.replace("{more}", whole ? MORE : more) + (whole ? CONTROLS + NETWORK : "");
  }

  /** @param {HTMLElement} place @param {Float64Array} input 32 × 32 */
  function showInput(place, input) {
    const colour = shade(Preparation.BACKGROUND, Preparation.INK);
    for (const seen of canvases(place, ".play-seen canvas, .play-field canvas")) paint(seen, input, 32, colour);
  }

  /** @param {HTMLElement} place @param {Signals} signals */
  function showSignals(place, signals) {
    const activity = signed(MOST);
    for (const [name] of LAYERS) {
      canvases(place, `[data-layer=${name}] canvas`).forEach((canvas, m) => {
        paint(canvas, signals[name][m], Network.SIDE[name], activity);
      });
    }
    const [strip, drawing] = canvases(place, "[data-layer=C5] canvas, [data-layer=F6] canvas");
    paint(strip, signals.C5.map(([x]) => x), Unit.C5_WIDTH, activity);
    paint(drawing, signals.F6[0], Unit.F6_WIDTH, CELLS);
  }

  /** Ten bars, each on its bitmap. @param {HTMLElement} place @param {Float64Array} distances @param {number} limit */
  function showDistances(place, distances, limit) {
    const most = Math.max(160, ...distances), [nearest] = Network.ranked(distances);
    every(place, ".play-bar").forEach((column, digit) => {
      one(column, ".play-value").textContent = distances[digit].toFixed(0);
      one(column, ":scope > i").style.height = `${(100 * distances[digit]) / most}%`;
      column.classList.toggle("play-nearest", digit === nearest);
    });
    one(place, ".play-bars").style.setProperty("--limit", String(limit / most));
  }

  /** @param {HTMLElement} place @param {Float32Array} centres */
  function showBitmaps(place, centres) {
    canvases(place, ".play-bar canvas").forEach((canvas, digit) => {
      paint(canvas, centres.subarray(84 * digit, 84 * digit + 84), Unit.F6_WIDTH, CELLS);
    });
  }

  /**
   * @param {HTMLElement} place
   * @param {Float64Array | null} distances null while the pad is empty
   * @param {number} limit
   */
  function showAnswer(place, distances, limit) {
    const answer = one(place, "#answer");
    const [digit, second] = distances ? Network.ranked(distances) : [];
    const refused = distances !== null && distances[digit] > limit;
    Object.assign(answer.dataset, {
      digit: distances ? String(digit) : "",
      distance: distances ? distances[digit].toFixed(3) : "",
      rejected: String(refused),
    });
    one(answer, ".play-digit").textContent = distances ? (refused ? "?" : String(digit)) : "–";
    one(answer, ".play-words").textContent = distances ? inWords(distances, digit, second, refused, limit) : "";
    return distances ? one(answer, ".play-words").textContent : "The pad is empty.";
  }

  function inWords(distances, digit, second, refused, limit) {
    const [near, far] = [distances[digit], distances[second]].map((distance) => distance.toFixed(1));
    return refused
      ? `Not a digit: even the nearest bitmap, ${digit}, is ${near} away, and the limit is ${limit}.`
      : `A ${digit}, ${near} from its bitmap. Runner-up: ${second}, ${far} away.`;
  }

  /** Outline a part of a map, in shares of it. @param {HTMLElement} span */
  function mark(span, top, left, high, wide) {
    const box = one(span, "i") ?? span.appendChild(document.createElement("i"));
    const percent = (share) => `${100 * share}%`;
    Object.assign(box.style, { top: percent(top), left: percent(left), height: percent(high), width: percent(wide) });
  }

  function unmark(place) {
    for (const box of place.querySelectorAll(".play-map > i")) box.remove();
  }

  /**
   * The chosen unit: its place, the part of the input it depends on, and what it reads.
   * @param {HTMLElement} place @param {UnitPlace} unit @param {Signals & {input: Maps}} signals @param {Weights} weights
   */
  function showUnit(place, unit, signals, weights) {
    unmark(place);
    if (unit.layer === "output") return showCentre(place, unit.map, signals, weights);
    const { layer, map, row, column } = unit, isPicture = layer === "F6", isStrip = layer === "C5";
    const side = Network.SIDE[layer], all = Unit.readings(unit, signals, weights);
    const own = every(place, `[data-layer=${layer}] .play-map`)[isStrip ? 0 : map];
    const [wide, high] = isPicture ? [7, 12] : isStrip ? [Unit.C5_WIDTH, 6] : [side, side];
    const [x, y] = isStrip ? [map % Unit.C5_WIDTH, Math.floor(map / Unit.C5_WIDTH)] : [column, row];
    mark(own, y / high, x / wide, 1 / high, 1 / wide);
    const field = Unit.receptiveField(unit);
    for (const seen of every(place, ".play-seen .play-map, .play-field .play-map")) {
      mark(seen, field.top / 32, field.left / 32, field.size / 32, field.size / 32);
    }
    for (const reading of all) markReading(place, reading);
    const bias = Unit.bias(unit, weights), sum = Unit.sum(all), output = Network.squash(sum + bias);
    const where = isStrip ? `unit ${map}` : isPicture ? `row ${row}, column ${column}` : `map ${map}, row ${row}, column ${column}`;
    one(place, ".play-unit-name").textContent = `${layer}, ${where}: ${number(output)}`;
    const words = `Reads ${source(layer, all)}. Weighted sum ${number(sum)}, bias ${number(bias)}; squashed, ${number(output)}. It depends on ${field.size}×${field.size} pixels of the input.`;
    one(place, "[data-part=unit-words]").textContent = words;
    showReadings(place, all);
  }

  /** What a unit reads, in words. @param {string} layer @param {Reading[]} all */
  function source(layer, all) {
    if (layer === "C1") return "the input";
    if (layer === "C5" || layer === "F6") return `all of ${all[0].below}`;
    return `${all[0].below}, map${all.length > 1 ? "s" : ""} ${all.map(({ map }) => map).join(", ")}`;
  }

  function markReading(place, { below, map, top, left, wide, high }) {
    if (below === "input" || below === "C5") return;
    const side = Network.SIDE[below], span = every(place, `[data-layer=${below}] .play-map`)[map];
    mark(span, top / side, left / side, high / side, wide / side);
  }

  /** What is read, and below it the weights. @param {HTMLElement} place @param {Reading[]} all */
  function showReadings(place, all) {
    const room = one(place, ".play-readings"), most = Math.max(...all.flatMap(({ weights }) => weights.map(Math.abs)));
    room.style.setProperty("--count", String(Math.min(all.length, 8)));
    room.classList.toggle("play-wide", all[0].wide > all[0].high);
    room.replaceChildren(...all.map(({ below, wide, values, weights }) => {
      const pair = element(`<span class="play-reading"><canvas aria-hidden="true"></canvas><canvas aria-hidden="true"></canvas></span>`);
      const [read, kernel] = canvases(pair, "canvas");
      const colour = below === "input" ? shade(Preparation.BACKGROUND, Preparation.INK) : signed(MOST);
      paint(read, values, wide, colour);
      paint(kernel, weights, wide, signed(most));
      return pair;
    }));
    room.append(element(`<span class="play-caption">above: what it reads; below: its weights, from
      ${number(-most)} (blue) to ${number(most)} (orange)</span>`));
  }

  /** One of the ten outputs: where the drawing of F6 departs from its bitmap. */
  function showCentre(place, digit, signals, weights) {
    const centre = weights.numbers["output/centres"].subarray(84 * digit, 84 * digit + 84), drawn = signals.F6[0];
    const apart = drawn.map((x, j) => (x - centre[j]) ** 2);
    mark(one(place, `.play-bar[data-digit="${digit}"] .play-map`), 0, 0, 1, 1);
    mark(one(place, "[data-layer=F6] .play-map"), 0, 0, 1, 1);
    one(place, ".play-unit-name").textContent = `Output ${digit}: ${signals.distances[digit].toFixed(2)}`;
    const wrong = apart.filter((square) => square > 1).length;
    one(place, "[data-part=unit-words]").textContent =
      `The sum of 84 squared differences between F6 and this bitmap. On the wrong side of 0: ${wrong} cells.`;
    const room = one(place, ".play-readings");
    room.style.setProperty("--count", "3");
    room.classList.remove("play-wide");
    room.replaceChildren(...[[drawn, CELLS], [centre, CELLS], [apart, signed(4)]].map(([values, colour]) => {
      const canvas = document.createElement("canvas");
      canvas.setAttribute("aria-hidden", "true");
      paint(canvas, values, Unit.F6_WIDTH, colour);
      return canvas;
    }), element(`<span class="play-caption">F6, the bitmap, and the squared differences</span>`));
  }

  return { PAPER, INK, build, element, paint, shade, showAnswer, showBitmaps, showDistances, showInput, showSignals, showUnit };
})();
