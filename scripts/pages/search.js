// The search page: finds sections, glossary entries and references of the book. What there is to find comes from
// search-entries.js (BOOK), the stemmer from Sphinx's language_data.js. Every hit leads to its own place on a page.

const QUESTION_WORDS = "a an and are as at be between but by can did difference do does for from has have how i in into is it its me of on or that the their then there these they this to was were what when where which who why will with".split(" ");
const STOP = new Set(QUESTION_WORDS);
const MOST = 30; // hits shown
const WORDS = 34; // words of an excerpt
const WORD = /[a-z0-9]+(?:[-_.'’][a-z0-9]+)*/g;

// --- Words: one form for all spellings of a word

// "32 × 32" and "32x32", "60,000" and "60000", "naïve" and "naive" are the same.
function plain(text) {
  return text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase()
    .replace(/(\d)\s*[×x]\s*(?=\d)/g, "$1x").replace(/(\d)[,\u2009\u202f](?=\d{3}(?!\d))/g, "$1").replace(/[\u2010-\u2015−]/g, "-");
}

const stemmer = new Stemmer();
const stems = new Map();
// The stem of a word, the same for British and American spelling.
function stem(word) {
  if (!stems.has(word)) {
    const spelt = word.replace(/is(e|es|ed|er|ers|ing|ation|ations)$/, "iz$1").replace(/([a-z]{2})our(s|ed|ing|al)?$/, "$1or$2").replace(/yse([rsd]*)$/, "yze$1");
    stems.set(word, /^[a-z]+$/.test(spelt) ? stemmer.stemWord(spelt) : spelt);
  }
  return stems.get(word);
}

// The words of a text. Of "back-propagation" also "backpropagation" is one, of "export_weights" also "weights".
function* rawWordsOf(text) {
  for (const found of plain(text).matchAll(WORD)) {
    const parts = found[0].split(/[-_'’]/);
    if (parts.length > 1) yield parts.join("");
    for (const part of parts) yield* /^\d+\.\d+$/.test(part) ? [part] : part.split(".").filter(Boolean);
  }
}

function* wordsOf(text) {
  for (const word of rawWordsOf(text)) yield stem(word);
}

// --- The index

const entries = [];
const spellings = new Set(); // every word as it is written
const holders = new Map(); // stem: which entries have it, and how often in their title, text and code
const synonyms = []; // groups of terms, each a list of stems

function note(word, number, field) {
  if (!holders.has(word)) holders.set(word, new Map());
  const counts = holders.get(word);
  if (!counts.has(number)) counts.set(number, { title: 0, text: 0, code: 0 });
  counts.get(number)[field] += 1;
}

function makeIndex() {
  for (const { page, entries: found } of BOOK) {
    for (const entry of found) {
      const number = entries.length;
      const titles = [entry.title, ...(entry.also ?? [])];
      const lengths = { title: 0, text: 0 };
      for (const word of wordsOf(titles.join(" "))) { note(word, number, "title"); lengths.title += 1; }
      for (const word of rawWordsOf(entry.text)) { spellings.add(word); note(stem(word), number, "text"); lengths.text += 1; }
      for (const word of wordsOf(entry.code ?? "")) note(word, number, "code");
      entries.push({ ...entry, page, chapter: found[0].title, first: entry === found[0], lengths, titles });
      if (titles.length > 1) synonyms.push(titles.map(keyOf));
    }
  }
}

// --- The query

// What a term becomes: hyphenated words joined, the others stemmed.
function keyOf(text) {
  return [...plain(text).matchAll(WORD)].map((found) => stem(found[0].replace(/[-_'’]/g, "")));
}

// Words one letter away from a word that the book does not have.
function nearby(word) {
  if (word.length < 4) return [];
  const near = [...spellings].filter((other) => Math.abs(other.length - word.length) < 2 && oneEdit(word, other));
  return [...new Set(near.map(stem))];
}

function oneEdit(a, b) {
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  const [restA, restB] = [a.slice(start), b.slice(start)];
  const swapped = restA.length > 1 && restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2);
  return swapped || restA.slice(1) === restB.slice(1) || restA.slice(1) === restB || restA === restB.slice(1);
}

// A query as a list of ideas; each is a list of alternatives, and each of them a list of stems.
function ideasOf(query) {
  let raw = [...plain(query).matchAll(WORD)].map((found) => found[0]);
  if (raw.some((word) => !STOP.has(word))) raw = raw.filter((word) => !STOP.has(word));
  let keys = raw.flatMap((word) => {
    const joined = stem(word.replace(/[-_'’]/g, ""));
    return holders.has(joined) || joined === stem(word) ? [joined] : word.split(/[-_'’.]/).filter(Boolean).map(stem);
  });
  const written = new Map(raw.map((word) => [stem(word), word]));
  const ideas = [];
  while (keys.length) {
    const known = synonyms.flatMap((group) => group.map((term) => ({ term, group })))
      .filter(({ term }) => term.length && term.every((word, place) => keys[place] === word))
      .sort((a, b) => b.term.length - a.term.length)[0];
    const own = known ? known.term : [keys[0]];
    const others = known ? known.group : [];
    const near = !known && !holders.has(keys[0]) ? nearby(written.get(keys[0]) ?? keys[0]).map((word) => [word]) : [];
    ideas.push([own, ...others.filter((term) => term !== own), ...near]);
    keys = keys.slice(own.length);
  }
  return ideas;
}

// --- The ranking

function scoreOfWord(word, number) {
  const holding = holders.get(word);
  const counts = holding?.get(number);
  if (!counts) return 0;
  const rare = Math.log(1 + entries.length / holding.size);
  const { lengths } = entries[number];
  const text = counts.text / (counts.text + 0.6 + lengths.text / 400);
  const title = counts.title ? 2.2 + 2 / lengths.title : 0;
  return rare * (title + text + (counts.code ? 0.15 : 0));
}

function scoreOf(ideas, number) {
  let total = 0, met = 0;
  for (const alternatives of ideas) {
    const scores = alternatives.map((words, place) => {
      const each = words.map((word) => scoreOfWord(word, number));
      return each.every(Boolean) ? (place ? 0.8 : 1) * each.reduce((a, b) => a + b, 0) : 0;
    });
    const best = Math.max(...scores);
    total += best;
    met += best > 0;
  }
  return total * (met / ideas.length) ** 2;
}

function search(query) {
  const ideas = ideasOf(query);
  const wanted = new Set(ideas.flat(2).flatMap((word) => [...(holders.get(word)?.keys() ?? [])]));
  const key = keyOf(query).join(" ");
  const hits = [...wanted].map((number) => {
    const entry = entries[number];
    let score = scoreOf(ideas, number);
    if (entry.titles.some((title) => keyOf(title).join(" ") === key)) score *= 2;
    if (entry.first) score *= 1.15;
    if (entry.page === "glossary" && !entry.first) score *= 1.25;
    return { entry, score };
  }).filter((hit) => hit.score > 0).sort((a, b) => b.score - a.score);
  return { hits: hits.filter((hit) => hit.score > hits[0].score / 12), stems: new Set(ideas.flat(2)) };
}

// --- What the reader sees

// The part of a text with the most words that were looked for, as words with a mark on those.
function excerpt(text, wanted) {
  const words = text.split(" ").map((word) => ({ word, hit: [...wordsOf(word)].some((found) => wanted.has(found)) }));
  let best = 0, most = -1;
  for (let start = 0; start === 0 || start < words.length - WORDS / 2; start += 1) {
    if (start && !/[.!?:]$/.test(words[start - 1].word) && !words[start + 4]?.hit) continue;
    const found = words.slice(start, start + WORDS).filter((word) => word.hit).length;
    if (found > most) [best, most] = [start, found];
  }
  const part = words.slice(best, best + WORDS);
  if (best > 0) part.unshift({ word: "…" });
  if (best + WORDS < words.length) part.push({ word: "…" });
  return part;
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function lineOf({ entry }, query, wanted) {
  const address = new URL(`${document.documentElement.dataset.content_root}${entry.page}.html`, location.href);
  const words = query.split(/\s+/).filter((word) => word && !STOP.has(plain(word)));
  if (words.length) address.searchParams.set("words", words.join(" "));
  if (!entry.first) address.hash = entry.anchor;
  const where = entry.first ? [] : [element("span", { className: "search-chapter" }, entry.chapter)];
  const marked = excerpt(entry.text, wanted).flatMap(({ word, hit }) => [hit ? element("mark", {}, word) : word, " "]);
  return element("li", {}, element("a", { href: address.href }, entry.title), ...where, element("p", { className: "context" }, ...marked));
}

function showResults() {
  const query = (new URLSearchParams(location.search).get("q") ?? "").trim();
  const place = document.querySelector("#search-results");
  for (const field of document.querySelectorAll("form.bd-search input[name=q]")) field.value = query;
  if (!query || !place) return;
  const { hits, stems: wanted } = search(query);
  const shown = hits.slice(0, MOST);
  const said = !hits.length
    ? "Your search did not match anything in the book. Try another word, or look in the glossary."
    : `${hits.length > MOST ? `The first ${MOST} of ${hits.length} places` : hits.length === 1 ? "One place" : `${hits.length} places`} for “${query}”:`;
  place.replaceChildren(
    element("p", { className: "search-summary", role: "status" }, said),
    element("ul", { className: "search" }, ...shown.map((hit) => lineOf(hit, query, wanted))),
  );
}

makeIndex();
document.addEventListener("DOMContentLoaded", showResults);
