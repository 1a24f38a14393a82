"""The text of a page as readers need it: numbered figures with captions, code that wraps, tables set by their content.

A figure's caption is `mystnb.figure.caption` in the metadata of the cell that draws it; where there is none, the first
sentence of its alternative text (`mystnb.image.alt`). So GitHub and Colab, which show neither, lose nothing.
"""

import html
import re
from pathlib import Path

from bs4 import BeautifulSoup, NavigableString, Tag

from scripts.pages.pictures import state_sizes

CODE = re.compile(
    r'(<div class="highlight-(?!myst-ansi|none|text)[\w-]+ notranslate">'
    r'<div class="highlight"><pre><span></span>)(.*?)(</pre>)',
    re.DOTALL,
)
LONGEST = 140  # characters of a caption made from an alternative text
NUMBER = re.compile(
    r"^[−+±-]?[\d.,\s]*\d[\d.,]*\s*(?:%|×|s|ms|kB|MB|[−±–-]\s*[\d.,]+%?)?$|^[–—-]?$|^nan$|^inf$"
)
# A hyphen between a name and its number, as in LeNet-5, and signs that belong to the number after them.
NAME = re.compile(r"\b[A-Za-z]+-\d+\b")
SIGN = re.compile(r" ([×±≈]) (?=\d)")


def wrap_code(body: str) -> str:
    """Every line of code in an element that knows its indent, so that a long line goes on below its start."""

    def mark(found: re.Match) -> str:
        return (
            found[1] + "".join(mark_line(line) for line in found[2].removesuffix("\n").split("\n")) + found[3]
        )

    return CODE.sub(mark, body)


def mark_line(line: str) -> str:
    """One line of highlighted code."""
    text = html.unescape(re.sub(r"<[^>]+>", "", line))
    indent = len(text) - len(text.lstrip(" "))
    style = f' style="--indent:{indent}"' if indent and text.strip() else ""
    return f'<span class="line"{style}>{line}\n</span>'


def caption_from(alternative: str) -> str:
    """A caption from an alternative text: its first sentence, or the start of that where it is long."""
    sentence = re.match(r"(.+?[.!?])(?=\s+[A-Z]|$)", alternative.strip(), re.DOTALL)
    caption = sentence[1] if sentence else alternative.strip()
    for sign in (": ", "; ", ", ") if len(caption) > LONGEST else ():
        start, _, _ = caption[:LONGEST].rpartition(sign)
        if len(start) > 25:
            return f"{start}."
    return caption


def number_figures(page: BeautifulSoup, chapter: int | None) -> None:
    """Give every picture that a cell draws a number, an anchor "figure-3" and a caption."""
    for number, image in enumerate(page.select(".cell_output img"), 1):
        label, anchor = f"Figure {chapter}.{number}" if chapter else f"Figure {number}", f"figure-{number}"
        figure = image.find_parent("figure")
        if figure is None:
            figure = image.wrap(page.new_tag("figure"))
        written = figure.select_one(".caption-text")
        for old in figure.find_all("figcaption"):
            old.extract()
        figure.attrs = {"id": anchor, "class": "book-figure"}
        caption = page.new_tag("figcaption")
        link = page.new_tag(
            "a", href=f"#{anchor}", attrs={"class": "figure-number", "title": "Link to this figure"}
        )
        link.string = label
        caption.append(link)
        caption.append(" ")
        if written:
            caption.extend(list(written.contents))
        else:
            caption.append(caption_from(image.get("alt", "")))
        figure.append(caption)


def align_columns(page: BeautifulSoup) -> None:
    """In tables that cells show, text stands at the left and numbers at the right."""
    for table in page.select(".cell_output table"):
        rows = [row.find_all("td", recursive=False) for row in table.select("tbody > tr")]
        for place in range(max((len(row) for row in rows), default=0)):
            column = [row[place] for row in rows if place < len(row)]
            words = [cell for cell in column if not NUMBER.match(cell.get_text().strip())]
            if 2 * len(words) <= len(column):
                continue
            head = [row.find_all(["th", "td"], recursive=False) for row in table.select("thead > tr")]
            from_end = max(len(row) for row in rows) - place
            for cell in [*column, *(row[-from_end] for row in head if from_end <= len(row))]:
                cell["class"] = (
                    [*cell.get_attribute_list("class"), "words"] if cell.has_attr("class") else ["words"]
                )


def keep_together(page: BeautifulSoup) -> None:
    """No line breaks within LeNet-5 in a heading, nor between × or ± and its number."""
    for heading in page.find_all(["h1", "h2", "h3", "h4"]):
        for text in list(heading.find_all(string=NAME)):
            text.replace_with(
                BeautifulSoup(
                    NAME.sub(r'<span class="nobreak">\g<0></span>', html.escape(text)), "html.parser"
                )
            )
    for text in page.find_all(string=SIGN):
        if not text.find_parent(["pre", "code", "script", "style"]) and not in_formula(text):
            text.replace_with(NavigableString(SIGN.sub("\u00a0\\1\u00a0", text)))


def in_formula(text: Tag) -> bool:
    """Does a piece of text belong to a formula, which MathJax reads?"""
    return text.find_parent(class_="math") is not None


def mend(body: str, chapter: int | None, sources: dict[str, Path]) -> BeautifulSoup:
    """The body of a page, mended in all these ways.

    Args:
        body: HTML of the page's text, as Sphinx makes it.
        chapter: number of the chapter for its figures; None for other pages.
        sources: the files of the pictures, by the names that they have in the built book.
    """
    page = BeautifulSoup(wrap_code(body), "html.parser")
    number_figures(page, chapter)
    state_sizes(page, sources)
    align_columns(page)
    keep_together(page)
    return page
