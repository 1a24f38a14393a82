// What style sheets cannot do for readers who use a keyboard or a screen reader.

// Whatever scrolls inside itself must be reachable with the Tab key.
function letTabReachWhatScrolls() {
  const boxes = ".bd-article pre, .pst-scrollable-table-container, .output.text_html, div.math, .bd-toc-nav, .bd-sidebar";
  for (const box of document.querySelectorAll(boxes)) {
    const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
    if (scrolls && box.tabIndex < 0) box.tabIndex = 0;
  }
}

// docutils calls a bibliography a list and its entries by a role that no list may contain.
function mendBibliography() {
  for (const list of document.querySelectorAll(".citation-list")) {
    list.setAttribute("role", "list");
    for (const entry of list.querySelectorAll(".citation")) entry.setAttribute("role", "listitem");
  }
}

// "Show content" and "Show source" say too little.
function nameFolds() {
  for (const summary of document.querySelectorAll(".cell details > summary")) {
    const solution = summary.closest(".tag_solution") !== null;
    summary.removeAttribute("aria-label");
    for (const line of summary.children) {
      line.textContent = line.textContent.replace(/content|source/, solution ? "solution" : "code");
    }
  }
}

// Equations that are wider than the column become smaller, down to three quarters; what is wider still scrolls.
function fitEquations() {
  for (const box of document.querySelectorAll("div.math")) {
    const equation = box.querySelector("mjx-container");
    if (!equation) continue;
    equation.style.zoom = "";
    if (box.clientWidth && box.scrollWidth > box.clientWidth) equation.style.zoom = Math.max(0.75, (box.clientWidth - 2) / box.scrollWidth);
  }
}

// On paper every fold is open, the colours are those of the day, and what is wider than the paper becomes smaller.
const PAPER_WIDTH = 660; // pixels between the margins of A4, a little less on Letter
let undoPrint = [];

function prepareForPaper() {
  if (undoPrint.length) return;
  const theme = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
  undoPrint.push(() => { document.documentElement.dataset.theme = theme; });
  for (const fold of document.querySelectorAll(".bd-article details:not([open])")) {
    fold.open = true;
    undoPrint.push(() => { fold.open = false; });
  }
  for (const wide of document.querySelectorAll(".bd-article table, .bd-article div.math > mjx-container, .bd-article div.math > .MathJax")) {
    const width = Math.max(wide.scrollWidth, wide.parentElement.scrollWidth);
    if (width > PAPER_WIDTH) {
      const before = wide.style.zoom;
      wide.style.zoom = Math.max(0.4, PAPER_WIDTH / width);
      undoPrint.push(() => { wide.style.zoom = before; });
    }
  }
}

function backFromPaper() {
  for (const undo of undoPrint.splice(0)) undo();
}

// A hit of the search names the words to mark; the address then forgets them.
function markWords() {
  const address = new URL(location.href);
  const words = (address.searchParams.get("words") ?? "").split(/\s+/).filter(Boolean).slice(0, 12);
  if (!words.length) return;
  address.searchParams.delete("words");
  if (location.protocol.startsWith("http")) history.replaceState(history.state, "", address);
  const pattern = new RegExp(`(${words.map((word) => word.replace(/[^\p{L}\p{N}]/gu, "\\$&")).join("|")})`, "i");
  const walker = document.createTreeWalker(document.querySelector("article.bd-article"), NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    const inside = walker.currentNode.parentElement.closest("pre, .math, svg, script, style, summary");
    if (!inside && pattern.test(walker.currentNode.data)) texts.push(walker.currentNode);
  }
  for (const text of texts) {
    const parts = text.data.split(pattern);
    text.replaceWith(...parts.map((part, place) => place % 2 ? Object.assign(document.createElement("mark"), { className: "found", textContent: part }) : part));
  }
}
document.addEventListener("DOMContentLoaded", markWords);

window.addEventListener("beforeprint", prepareForPaper);
window.addEventListener("afterprint", backFromPaper);
window.addEventListener("load", () => window.MathJax?.startup?.promise?.then(fitEquations));
window.addEventListener("resize", fitEquations);
document.addEventListener("toggle", fitEquations, true);
document.addEventListener("DOMContentLoaded", mendBibliography);
document.addEventListener("DOMContentLoaded", nameFolds);
for (const moment of ["load", "resize"]) window.addEventListener(moment, letTabReachWhatScrolls);
document.addEventListener("toggle", letTabReachWhatScrolls, true);

// Pages with a place to draw fetch the playground; no other page pays for it. Its scripts are plain ones, in the order
// they need each other, because a page opened from a folder may load neither modules nor data.
const bookRoot = new URL("../", document.currentScript.src);
const PLAYGROUND = ["weights", "examples", "network", "preparation", "drawing", "unit", "view", "playground"];

function fetchPlayground() {
  const places = document.querySelectorAll(".draw-a-digit");
  if (!places.length) return;
  for (const place of places) place.dataset.page = new URL("playground.html", bookRoot).href;
  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("playground/playground.css", bookRoot).href });
  const scripts = PLAYGROUND.map((name) =>
    Object.assign(document.createElement("script"), { src: new URL(`playground/${name}.js`, bookRoot).href, async: false }),
  );
  document.head.append(style, ...scripts);
}
document.addEventListener("DOMContentLoaded", fetchPlayground);
