// Draw a digit and watch LeNet-5 read it: what happens when.
// Before this file the page loads weights.js and examples.js, which are made from the package when the book is built.

/** @typedef {{name: string, group: string, picture: string}} Example picture: 28 × 28 bytes in base64 */

/**
 * Make a place of the page a playground.
 * @param {HTMLElement} place with `data-size` "whole" or "small", and `data-page`, the address of the whole playground
 * @param {string} weightsFile what `lenet_utils.playground.export_weights` wrote
 * @param {Example[]} examples
 */
function startPlayground(place, weightsFile, examples) {
  const whole = place.dataset.size === "whole";
  View.build(place, whole);
  /** @type {(part: string) => HTMLElement | null} */
  const part = (name) => place.querySelector(`[data-part=${name}]`);
  const pad = /** @type {HTMLCanvasElement} */ (place.querySelector("#pad"));
  const booksOwn = Network.readWeights(weightsFile);
  const state = {
    drawing: new Drawing(),
    weights: booksOwn,
    prepared: true,
    limit: usualLimit(booksOwn),
    unit: /** @type {UnitPlace | null} */ (null),
  };
  /** @type {Signals & {input: Maps} | null} of what is on the pad now */
  let signals = null;
  let waiting = 0;

  // --- From the drawing to the answer

  function recognise() {
    cancelAnimationFrame(waiting);
    waiting = 0;
    state.drawing.paint(pad, View.INK, View.PAPER);
    pad.parentElement.classList.toggle("play-drawn", !state.drawing.empty);
    const ink = state.drawing.ink(), prepare = state.prepared ? Preparation.likeMnist : Preparation.asDrawn;
    const input = Preparation.toInput(prepare(ink, Drawing.SIDE));
    signals = { input: [input], ...Network.forward(state.weights, input) };
    View.showInput(place, input);
    const answer = View.showAnswer(place, state.drawing.empty ? null : signals.distances, state.limit);
    if (whole) {
      View.showSignals(place, signals);
      View.showDistances(place, signals.distances, state.limit);
      if (state.unit) View.showUnit(place, state.unit, signals, state.weights);
    }
    return answer;
  }

  /** While the pen moves, once a frame is enough. When it rests, say the answer to those who listen. */
  function changed(finished) {
    if (!finished) {
      waiting ||= requestAnimationFrame(recognise);
      return;
    }
    tell("");
    part("spoken").textContent = recognise();
  }

  /** A message to the reader, or none. @param {string} message */
  function tell(message) {
    place.querySelector(".play-message").textContent = message;
  }

  // --- The pad and its buttons

  function clear() {
    state.drawing.clear();
    changed(true);
  }

  function undo() {
    state.drawing.undo();
    changed(true);
  }

  letDraw(pad, () => state.drawing, changed);
  pad.addEventListener("keydown", (event) => {
    if (event.key === "Delete") clear();
    if (event.key === "Backspace" || (event.key === "z" && (event.ctrlKey || event.metaKey))) undo();
  });
  place.querySelector("#clear").addEventListener("click", clear);
  part("undo").addEventListener("click", undo);
  if (whole) {
    shareByLink();
    chooseLimit();
    showExamples();
    chooseUnits();
    loadWeights();
    part("prepare").addEventListener("change", (event) => {
      state.prepared = /** @type {HTMLInputElement} */ (event.target).checked;
      changed(true);
    });
  }
  recognise();

  // --- A link that holds the drawing

  function shareByLink() {
    part("share").addEventListener("click", async () => {
      if (state.drawing.empty) return tell("Draw something first: the link holds the drawing.");
      if (state.drawing.points > Drawing.MOST_POINTS) return tell("This drawing is too long for a link. Draw less of it.");
      const link = `${location.href.split("#")[0]}#draw=${state.drawing.toText()}`;
      history.replaceState(null, "", link);
      try {
        await navigator.clipboard.writeText(link);
        tell("Copied: whoever opens the link sees your drawing.");
      } catch {
        tell("The address of this page now holds your drawing: copy it from there.");
      }
    });
    window.addEventListener("hashchange", openLink);
    openLink();
  }

  function openLink() {
    const [, text] = location.hash.match(/^#draw=(.*)$/) ?? [];
    if (text === undefined) return;
    try {
      state.drawing = Drawing.fromText(text);
      changed(true);
    } catch {
      tell("This link is damaged: its drawing cannot be read. Ask for it again, or draw here.");
    }
  }

  // --- Not a digit?

  function chooseLimit() {
    const slider = /** @type {HTMLInputElement} */ (place.querySelector("#limit"));
    slider.addEventListener("input", () => {
      state.limit = Number(slider.value);
      showLimit();
      changed(true);
    });
    showLimit();
  }

  function showLimit() {
    /** @type {HTMLInputElement} */ (place.querySelector("#limit")).value = String(state.limit);
    part("limit-shown").textContent = String(state.limit);
    const found = state.weights.refusals.find(({ threshold }) => threshold === state.limit);
    part("refusals").textContent = found
      ? `Measured: this refuses ${found.refused_percent.toFixed(2)}% of digits the network has never seen, and misreads ${found.error_percent.toFixed(2)}% of the rest.`
      : "";
  }

  // --- Examples

  function showExamples() {
    const room = place.querySelector(".play-examples");
    for (const group of new Set(examples.map((example) => example.group))) {
      const box = View.element(`<div class="play-group"><span class="play-caption"></span></div>`);
      box.firstElementChild.textContent = group;
      for (const example of examples.filter((one) => one.group === group)) box.append(exampleButton(example));
      room.append(box);
    }
  }

  /** @param {Example} example */
  function exampleButton({ name, picture }) {
    const pixels = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
    const button = View.element(`<button type="button"><canvas aria-hidden="true"></canvas></button>`);
    Object.assign(button, { title: name, ariaLabel: name });
    View.paint(button.querySelector("canvas"), pixels, 28, View.shade(0, 255));
    button.addEventListener("click", () => {
      state.drawing.paste(pixels);
      changed(true);
    });
    return button;
  }

  // --- Choosing a unit to look at

  function chooseUnits() {
    View.showBitmaps(place, state.weights.numbers["output/centres"]);
    for (const layer of /** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll(".play-layer"))) {
      layer.addEventListener("pointermove", (event) => choose(unitAt(layer, event)));
      layer.addEventListener("pointerdown", (event) => choose(unitAt(layer, event)));
      layer.addEventListener("keydown", (event) => {
        const unit = neighbour(layer.dataset.layer, state.unit, event.key);
        if (!unit) return;
        event.preventDefault();
        choose(unit);
        part("spoken").textContent = place.querySelector(".play-unit").textContent;
      });
    }
  }

  /** @param {UnitPlace | null} unit */
  function choose(unit) {
    if (!unit || !signals) return;
    state.unit = unit;
    place.querySelector(".play-unit").classList.add("play-chosen");
    View.showUnit(place, unit, signals, state.weights);
  }

  // --- Weights of the reader's own

  function loadWeights() {
    const field = /** @type {HTMLInputElement} */ (place.querySelector("input[type=file]"));
    field.addEventListener("change", async () => {
      const [file] = field.files;
      if (!file) return;
      try {
        use(Network.readWeights(await file.text()));
      } catch (fault) {
        tell(`“${file.name}” holds no weights for this network: ${fault.message} Write such a file with lenet_utils.playground.export_weights.`);
      }
      field.value = ""; // so that the same file can be chosen again
    });
    part("own-back").addEventListener("click", () => use(booksOwn));
    showSource();
  }

  /** @param {Weights} weights */
  function use(weights) {
    state.weights = weights;
    if (weights.refusals.length) state.limit = usualLimit(weights);
    View.showBitmaps(place, weights.numbers["output/centres"]);
    showLimit();
    showSource();
    changed(true);
    tell(weights === booksOwn ? "The book’s own weights read again." : "Your weights read now.");
  }

  function showSource() {
    const { source, test_error_percent: error } = state.weights;
    const judged = error === null ? "" : `; ${error.toFixed(2)}% of MNIST’s test digits misread`;
    part("source").textContent = `Weights: ${source}${judged}.`;
    part("own-back").hidden = state.weights === booksOwn;
  }
}

/** The smallest limit that refuses at most one of a hundred real digits. @param {Weights} weights */
function usualLimit({ refusals }) {
  return refusals.find(({ refused_percent }) => refused_percent <= 1)?.threshold ?? 20;
}

/** The unit under the pointer. @param {HTMLElement} layer @param {PointerEvent} event @returns {UnitPlace | null} */
function unitAt(layer, event) {
  const name = layer.dataset.layer;
  const target = /** @type {HTMLElement} */ (event.target);
  const bar = /** @type {HTMLElement | null} */ (target.closest(".play-bar"));
  if (bar) return { layer: name, map: Number(bar.dataset.digit), row: 0, column: 0 };
  const span = target.closest(".play-map");
  if (!span) return null;
  const canvas = span.querySelector("canvas"), box = canvas.getBoundingClientRect();
  const inside = (share, count) => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
  const column = inside((event.clientX - box.left) / box.width, canvas.width);
  const row = inside((event.clientY - box.top) / box.height, canvas.height);
  if (name === "C5") return { layer: name, map: row * canvas.width + column, row: 0, column: 0 };
  return { layer: name, map: [...layer.querySelectorAll(".play-map")].indexOf(span), row, column };
}

/**
 * The unit that an arrow key leads to; over the edge of a map to its neighbour.
 * @param {string} layer @param {UnitPlace | null} from @param {string} key @returns {UnitPlace | null}
 */
function neighbour(layer, from, key) {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[key];
  if (!step) return null;
  const sizes = { C1: [6, 28, 28], S2: [6, 14, 14], C3: [16, 10, 10], S4: [16, 5, 5], F6: [1, 12, 7] };
  if (from?.layer !== layer) return { layer, map: 0, row: 0, column: 0 };
  const around = (n, count) => (n + count) % count;
  if (layer === "C5") return { ...from, map: around(from.map + Unit.C5_WIDTH * step[0] + step[1], 120) };
  if (layer === "output") return { ...from, map: around(from.map + step[0] + step[1], 10) };
  const [maps, rows, columns] = sizes[layer], column = from.column + step[1];
  const over = Math.floor(column / columns); // −1, 0 or 1 maps further
  return {
    layer,
    map: around(from.map + over, maps),
    row: around(from.row + step[0], rows),
    column: around(column, columns),
  };
}

for (const place of document.querySelectorAll(".draw-a-digit")) {
  startPlayground(/** @type {HTMLElement} */ (place), WEIGHTS, EXAMPLES);
}
