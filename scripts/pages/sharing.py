"""What others see of a page: its description, canonical address and picture; the site's sitemap.xml and robots.txt.

Where the book has no address yet, whatever would have to contain one is left out.
"""

import re
from pathlib import Path
from xml.sax.saxutils import escape

import nbformat
from docutils import nodes

from scripts.set_address import pages, stated_address

LONGEST = 200  # characters of a description; search engines cut what is longer


def site_address(root: Path) -> str | None:
    """Where the built book can be read, "https://OWNER.github.io/NAME/"; None where it has no address."""
    address = stated_address(root)
    return f"{pages(address)}/" if address else None


def card_name(page: str) -> str:
    """The file of a page's social card, below the site."""
    return f"_static/cards/{page.replace('/', '-')}.png"


def shorten(text: str, longest: int = LONGEST) -> str:
    """The text on one line; where it is too long, its first sentences, or its first words and "…"."""
    text = " ".join(text.split())
    if len(text) <= longest:
        return text
    start = text[:longest]
    sentences = re.match(r"(.+[.!?])\s", start)
    return sentences[1] if sentences and len(sentences[1]) > longest / 3 else start.rsplit(" ", 1)[0] + " …"


def describe(page: str, doctree: nodes.document, root: Path) -> str:
    """What a page is about, in a sentence: from a chapter's own metadata, elsewhere its first paragraph."""
    notebook = root / f"{page}.ipynb"
    if notebook.exists():
        stated = nbformat.read(notebook, as_version=4).metadata.get("description")
        if stated:
            title = next((found.astext() for found in doctree.findall(nodes.title)), page).split(":")[0]
            return shorten(f"{title}: {stated}.")
    first = next((found.astext() for found in doctree.findall(nodes.paragraph) if found.astext().strip()), "")
    return shorten(first)


def sitemap(home: str, found: list[str]) -> str:
    """The list of pages that search engines read."""
    entries = (f"  <url><loc>{escape(home + page)}.html</loc></url>" for page in found)
    start = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    )
    return "\n".join([start, *entries, "</urlset>", ""])


def robots(home: str | None) -> str:
    """Everybody may read everything."""
    return "User-agent: *\nAllow: /\n" + (f"Sitemap: {home}sitemap.xml\n" if home else "")


def add_to_context(app, page: str, template: str, context: dict, doctree) -> None:
    """Tell the template `sharing.html` about the page."""
    home = site_address(Path(app.srcdir))
    context["shared"] = page in app.env.found_docs
    context["site_home"] = home or "/"
    if context["shared"]:
        context["description"] = describe(page, doctree, Path(app.srcdir))
        context["page_address"] = home and f"{home}{page}.html"
        context["card"] = home and home + card_name(page)


def write_files(app) -> None:
    """Write robots.txt and, where the book has an address, sitemap.xml and the cards."""
    site, home = Path(app.outdir), site_address(Path(app.srcdir))
    (site / "robots.txt").write_text(robots(home), encoding="utf-8")
    if home is None:
        return
    from scripts.pages.cards import draw_card

    found = sorted(app.env.found_docs)
    (site / "sitemap.xml").write_text(sitemap(home, found), encoding="utf-8")
    (site / "_static" / "cards").mkdir(parents=True, exist_ok=True)
    for page in found:
        draw_card(app.env.titles[page].astext(), site / card_name(page))
