// What the reader draws: strokes, and perhaps a picture under them. It is kept as points rather than pixels, so that
// it survives a resized or rotated screen, can be undone stroke by stroke, and fits into a link.

/**
 * @typedef {{x: number, y: number}} Point whole numbers from 0 to Drawing.GRID, from the top left corner of the pad
 */

class Drawing {
  static GRID = 1000; // points lie on a grid this fine
  static PEN = 0.075; // width of the pen, as a share of the pad
  static SIDE = 280; // pixels along one side of the ink that is recognised: ten for each of MNIST's
  static LEAST_MOVE = 3; // steps of the grid that the pen must go before a point is kept
  static MOST_POINTS = 20000; // in a link: beyond any digit

  constructor() {
    /** @type {Point[][]} */
    this.strokes = [];
    /** @type {Point[] | null} the stroke that the pen is drawing */
    this.current = null;
    /** @type {Uint8Array | null} 28 × 28, 255 is full ink */
    this.picture = null;
    /** @type {HTMLCanvasElement | undefined} where the ink is painted to be read */
    this.hidden = undefined;
  }

  get empty() {
    return !this.picture && !this.strokes.length;
  }

  get points() {
    return this.strokes.reduce((total, stroke) => total + stroke.length, 0);
  }

  begin(point) {
    this.current = [point];
    this.strokes.push(this.current);
  }

  /** Go on with the stroke, or begin one if what was drawn has been taken back under the pen. */
  extend(point) {
    if (!this.current) return this.begin(point);
    const last = this.current[this.current.length - 1];
    if (Math.hypot(last.x - point.x, last.y - point.y) >= Drawing.LEAST_MOVE) this.current.push(point);
  }

  /** Take back the last stroke, or the picture once there are none. */
  undo() {
    if (this.strokes.length) this.strokes.pop();
    else this.picture = null;
    this.current = null;
  }

  clear() {
    this.paste(null);
  }

  /** A picture, or nothing, instead of whatever is there. @param {Uint8Array | null} picture 28 × 28 */
  paste(picture) {
    this.strokes = [];
    this.current = null;
    this.picture = picture;
  }

  /**
   * Paint everything onto a square canvas.
   * @param {HTMLCanvasElement} canvas
   * @param {string} colour of the ink @param {string} ground
   */
  paint(canvas, colour, ground) {
    const context = canvas.getContext("2d", { willReadFrequently: true }), side = canvas.width;
    context.globalAlpha = 1;
    context.fillStyle = ground;
    context.fillRect(0, 0, side, side);
    if (this.picture) paintPicture(context, this.picture, side / 28, colour);
    context.globalAlpha = 1;
    Object.assign(context, { strokeStyle: colour, lineWidth: Drawing.PEN * side, lineCap: "round", lineJoin: "round" });
    for (const stroke of this.strokes) paintStroke(context, stroke, side / Drawing.GRID);
  }

  /** The ink alone, 0 to 1, SIDE × SIDE. @returns {Float64Array} */
  ink() {
    this.hidden ??= Object.assign(document.createElement("canvas"), { width: Drawing.SIDE, height: Drawing.SIDE });
    this.paint(this.hidden, "#fff", "#000");
    const { data } = this.hidden.getContext("2d").getImageData(0, 0, Drawing.SIDE, Drawing.SIDE);
    const ink = new Float64Array(Drawing.SIDE ** 2);
    for (let at = 0; at < ink.length; at++) ink[at] = data[4 * at] / 255; // red; all colours are equal
    return ink;
  }

  /** The drawing as letters for a link: a version, whether there is a picture, then the strokes' lengths and points. */
  toText() {
    const numbers = this.strokes.flatMap((stroke) => [stroke.length, ...stroke.flatMap(({ x, y }) => [x, y])]);
    const bytes = [1, this.picture ? 1 : 0, ...(this.picture ?? []), ...numbers.flatMap((n) => [n & 255, n >> 8])];
    const letters = bytes.map((byte) => String.fromCharCode(byte)).join("");
    return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  }

  /**
   * @param {string} text
   * @throws {Error} if it is not what `toText` wrote
   */
  static fromText(text) {
    const letters = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    const drawing = new Drawing(), start = bytes[1] ? 2 + 28 * 28 : 2;
    if (bytes[0] !== 1 || bytes[1] > 1 || bytes.length < start) throw new Error("no drawing");
    if (bytes[1]) drawing.picture = bytes.slice(2, start);
    const numbers = new Uint16Array(bytes.slice(start).buffer); // an odd number of bytes is refused here
    if (numbers.length > 3 * Drawing.MOST_POINTS) throw new Error("too long for a drawing");
    for (let at = 0; at < numbers.length; ) {
      const length = numbers[at++], points = numbers.subarray(at, (at += 2 * length));
      if (!length || points.length < 2 * length || points.some((n) => n > Drawing.GRID)) throw new Error("no drawing");
      drawing.strokes.push(Array.from({ length }, (_, n) => ({ x: points[2 * n], y: points[2 * n + 1] })));
    }
    return drawing;
  }
}

function paintPicture(context, picture, size, colour) {
  context.fillStyle = colour;
  picture.forEach((ink, at) => {
    if (!ink) return;
    context.globalAlpha = ink / 255;
    context.fillRect((at % 28) * size, Math.floor(at / 28) * size, size, size);
  });
}

/** A stroke, its corners rounded by letting every curve run from middle to middle of its lines. */
function paintStroke(context, stroke, scale) {
  const [first, ...rest] = stroke.map(({ x, y }) => [x * scale, y * scale]);
  context.beginPath();
  context.moveTo(...first);
  if (!rest.length) context.lineTo(first[0] + 0.01, first[1]); // a dot
  rest.forEach((point, n) => {
    const next = rest[n + 1];
    if (next) context.quadraticCurveTo(...point, (point[0] + next[0]) / 2, (point[1] + next[1]) / 2);
    else context.lineTo(...point);
  });
  context.stroke();
}

/**
 * Let mouse, finger, pen and keyboard draw.
 * @param {HTMLCanvasElement} pad
 * @param {() => Drawing} current the drawing that the pad shows
 * @param {(finished: boolean) => void} changed called after every change; finished when a stroke has ended
 */
function letDraw(pad, current, changed) {
  const within = (share) => Math.round(Math.min(1, Math.max(0, share)) * Drawing.GRID);
  /** @type {(event: PointerEvent) => Point} Measured anew each time: the pad may have moved or changed its size. */
  const place = (event) => {
    const { left, top, width, height } = pad.getBoundingClientRect();
    return { x: within((event.clientX - left) / width), y: within((event.clientY - top) / height) };
  };
  /** @type {number | null} the pointer that draws; a second finger does not */
  let pointer = null;

  pad.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button) return;
    pointer = event.pointerId;
    pad.setPointerCapture(pointer);
    current().begin(place(event));
    changed(false);
  });
  pad.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const between = event.getCoalescedEvents?.() ?? []; // what happened since the last frame
    for (const moment of between.length ? between : [event]) current().extend(place(moment));
    changed(false);
  });
  for (const end of /** @type {const} */ (["pointerup", "pointercancel", "lostpointercapture"])) {
    pad.addEventListener(end, (event) => {
      if (event.pointerId !== pointer) return;
      pointer = null;
      changed(true);
    });
  }
  letDrawWithKeys(pad, current, changed);
}

/** Arrow keys move a pen, the space bar lowers and lifts it. */
function letDrawWithKeys(pad, current, changed) {
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const step = Math.round(Drawing.GRID / 28), pen = { x: Drawing.GRID / 2, y: Drawing.GRID / 4 };
  const cross = pad.parentElement.querySelector(".play-cross");
  let down = false;

  function show() {
    cross.style.left = `${(100 * pen.x) / Drawing.GRID}%`;
    cross.style.top = `${(100 * pen.y) / Drawing.GRID}%`;
    cross.classList.toggle("play-down", down);
  }

  pad.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") {
      down = !down;
      if (down) current().begin({ ...pen });
      changed(!down);
    } else if (steps[event.key]) {
      pen.x = Math.min(Drawing.GRID, Math.max(0, pen.x + step * steps[event.key][0]));
      pen.y = Math.min(Drawing.GRID, Math.max(0, pen.y + step * steps[event.key][1]));
      if (down) {
        current().extend({ ...pen });
        changed(false);
      }
    } else return;
    event.preventDefault();
    show();
  });
  pad.addEventListener("blur", () => {
    if (down) changed(true);
    down = false;
    show();
  });
  show();
}
