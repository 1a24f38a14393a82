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
