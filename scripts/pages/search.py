"""What the search page knows: every section, glossary entry and reference of the book, with its text and its anchor.

A hit leads to its section, and its excerpt comes from what is kept here: text as a reader sees it, without code, with
simple formulas in plain characters. Terms that share one entry of the glossary are synonyms. `search.js` ranks.
"""

import json
import re
import shutil
from pathlib import Path

from bs4 import BeautifulSoup, Tag

SCRIPT = Path(__file__).with_name("search.js")
SIGNS = {
    "times": "×", "cdot": "·", "pm": "±", "approx": "≈", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "to": "→",
    "sum": "∑", "partial": "∂", "infty": "∞", "dots": "…", "ldots": "…", "alpha": "α", "beta": "β", "delta": "δ",
    "epsilon": "ε", "varepsilon": "ε", "eta": "η", "lambda": "λ", "mu": "μ", "sigma": "σ", "tanh": "tanh", "log": "log",
    "exp": "exp", "max": "max", "min": "min", "qquad": " ", "quad": " ",
}  # fmt: skip
NOT_TEXT = ".headerlink, script, style, summary, .cell_input, .copybtn, .math, section, "
NOT_TEXT += "dl.glossary, .citation-list, li[id]"


def plain_formula(tex: str) -> str:
    r"""A formula in plain characters, such as "32 × 32" for `\(32 \times 32\)`; "…" for what has no plain form."""
    tex = re.sub(r"^\s*\\[(\[]|\\[)\]]\s*$", "", tex)
    tex = re.sub(r"\\tag\{[^}]*\}|\\(?:left|right|,|;|!|:)", "", tex).replace("{,}", ",")
    tex = re.sub(r"\\(?:mathrm|text|operatorname|mathbf|boldsymbol|mathcal)\s*\{([^{}]*)\}", r"\1", tex)
    tex = re.sub(r"\\([A-Za-z]+)", lambda found: SIGNS.get(found[1], "\\"), tex)
    tex = re.sub(r"[_^]?\{([^{}]*)\}", r"\1", tex)
    return "…" if re.search(r"[\\{}&]", tex) or len(tex) > 60 else " ".join(tex.replace("_", "").split())


def plain_text(part: Tag) -> str:
    """What a reader sees of a piece of a page, on one line, without code, nested sections and entries of lists."""
    copy = BeautifulSoup(str(part), "html.parser").find()
    for formula in copy.select(".math"):
        formula.replace_with(" " + plain_formula(formula.get_text()) + " ")
    for rest in copy.select(NOT_TEXT):
        rest.decompose()
    for image in copy.find_all("img"):
        image.replace_with(" " + image.get("alt", "") + " ")
    return tidy(copy.get_text(" "))


def tidy(text: str) -> str:
    """The text on one line, without spaces before punctuation."""
    return re.sub(r"\s+([.,;:!?)\]’])", r"\1", " ".join(text.split()))


def code_of(section: Tag) -> str:
    """The code that stands in a section itself."""
    cells = (cell for child in section.find_all(recursive=False) if child.name != "section"
             for cell in child.select(".highlight pre"))  # fmt: skip
    return tidy(" ".join(cell.get_text() for cell in cells))


def glossary_entries(page: Tag) -> list[dict]:
    """One entry for each definition, under its first term; the others are its synonyms."""
    entries = []
    for definition in page.select("dl.glossary > dd"):
        terms = []
        for before in definition.find_previous_siblings():
            if before.name != "dt":
                break
            terms.insert(0, before)
        names = [tidy(term.get_text(" ").replace("#", "")) for term in terms]
        found = {"anchor": terms[0]["id"], "title": names[0], "text": plain_text(definition)}
        entries.append(found | {"also": names[1:]})
    return entries


def references(page: Tag) -> list[dict]:
    """One entry for each work in the list of references, under its authors and the start of its title."""
    entries = []
    for work in page.select(".citation-list .citation[id], li[id]"):
        copy = BeautifulSoup(str(work), "html.parser").find()
        for label in copy.select(".label"):
            label.decompose()
        text = tidy(copy.get_text(" "))
        title = text if len(text) < 90 else text[:90].rsplit(" ", 1)[0] + " …"
        entries.append({"anchor": work["id"], "title": title, "text": text})
    return entries


def section_entries(page: Tag) -> list[dict]:
    """One entry for each section, in the page's order; its first one has the page's title."""
    entries = []
    for section in page.find_all("section", id=True):
        heading = section.find(["h1", "h2", "h3", "h4", "h5"], recursive=False)
        if heading is None:
            continue
        title = tidy(re.sub(r"#$", "", plain_heading(heading)))
        parts = section.find_all(recursive=False)
        own = [part for part in parts if part is not heading and not part.css.match(NOT_TEXT)]
        text = " ".join(plain_text(part) for part in own)
        entries.append(
            {"anchor": section["id"], "title": title, "text": tidy(text), "code": code_of(section)}
        )
    return entries


def plain_heading(heading: Tag) -> str:
    """A heading's words."""
    copy = BeautifulSoup(str(heading), "html.parser").find()
    for formula in copy.select(".math"):
        formula.replace_with(plain_formula(formula.get_text()))
    for link in copy.select(".headerlink"):
        link.decompose()
    return copy.get_text()


def entries_of(page: Tag) -> list[dict]:
    """Everything on a page that a search can find, as dictionaries: anchor, title, text, perhaps code and also."""
    return section_entries(page) + glossary_entries(page) + references(page)


def write_search(site: Path, found: dict[str, list[dict]]) -> None:
    """Write the entries of all pages, and the script that searches them, beside the other scripts."""
    pages = [{"page": page, "entries": entries} for page, entries in found.items() if entries]
    text = json.dumps(pages, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    (site / "_static" / "search-entries.js").write_text(f"const BOOK = {text};\n", encoding="utf-8")
    shutil.copy(SCRIPT, site / "_static" / "search.js")
