"""The book's own part of the page builder, a Sphinx extension that _config.yml names.

content    captions and numbers for figures, code that wraps, tables set by their content
icons      the icons of the pages, cut out of Font Awesome
pictures   their sizes, and files of 40% of the bytes
search     the sections of the book as the search page needs them
sharing    descriptions, addresses, sitemap.xml; cards draws the pictures
"""

import re
from pathlib import Path

from scripts.pages import content, icons, pictures, search, sharing


def chapter_number(app, page: str) -> int | None:
    """The number of a chapter in the book's order; None for a page that is no chapter."""

    def in_order(parent: str):
        for child in app.env.toctree_includes.get(parent, []):
            yield child
            yield from in_order(child)

    chapters = [name for name in in_order(app.config.root_doc) if name.startswith("chapters/")]
    return chapters.index(page) + 1 if page in chapters else None


def mend_page(app, page: str, template: str, context: dict, doctree) -> None:
    """Mend the page's text, and note what a search can find in it."""
    if doctree is None or app.builder.format != "html":
        return
    sources = {name: Path(app.srcdir) / source for source, name in app.builder.images.items()}
    mended = content.mend(context["body"], chapter_number(app, page), sources)
    app.builder.book_entries = getattr(app.builder, "book_entries", {}) | {page: search.entries_of(mended)}
    context["body"] = str(mended)


def lighten_head(app, page: str, template: str, context: dict, doctree) -> None:
    """No script holds up the first paint, and the viewport is set once.

    The first script only sets options, which lines in the page then add to; it is small and stays where it is.
    """
    for script in context.get("script_files", []):
        name = getattr(script, "filename", None)
        if name and not name.endswith("documentation_options.js") and "async" not in script.attributes:
            script.attributes["defer"] = "defer"
    context["metatags"] = re.sub(r'\s*<meta name="viewport"[^>]*>', "", context.get("metatags", ""))


def finish(app, error: Exception | None) -> None:
    """What needs the finished pages."""
    if error or app.builder.format != "html":
        return
    site = Path(app.outdir)
    sharing.write_files(app)
    icons.write_icons(site)
    pictures.lighten_all(site)
    search.write_search(site, getattr(app.builder, "book_entries", {}))
    for unused in ("searchindex.js", "_static/searchtools.js", "_static/webpack-macros.html"):
        (site / unused).unlink(missing_ok=True)


def setup(app) -> dict:
    app.connect("html-page-context", mend_page, priority=400)
    app.connect("html-page-context", sharing.add_to_context)
    app.connect("html-page-context", lighten_head, priority=900)
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
