"""Figures, code and tables of a page, as scripts/pages makes them: on small pieces of pages, and on the built book."""

import base64

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from scripts.pages import content, icons, pictures, search
from tests.book.book_checks import PHONE, parsed
from tests.book.conftest import built_pages, listed_pages

CELL = '<div class="cell_output docutils container">{}</div>'
IMAGE = '<img alt="Three bars. The first is the longest." src="../_images/a.png" />'
CHAPTERS = [name for name in listed_pages() if name.startswith("chapters/")]


def mended(body, chapter=2, sources=None):
    return content.mend(body, chapter, sources or {})


def test_a_figure_gets_a_number_an_anchor_and_its_caption():
    page = mended(CELL.format(IMAGE) + CELL.format(IMAGE))
    first, second = page.find_all("figure")
    assert (first["id"], second["id"]) == ("figure-1", "figure-2")
    assert second.figcaption.get_text() == "Figure 2.2 Three bars."
    assert second.figcaption.a["href"] == "#figure-2"
    assert mended(CELL.format(IMAGE), chapter=None).figcaption.a.get_text() == "Figure 1"


def test_a_caption_of_its_own_wins():
    written = f'<figure class="align-default" id="id1">{IMAGE}<figcaption><p>'
    written += '<span class="caption-number">Fig. 1 </span>'
    written += '<span class="caption-text">What <em>counts</em>.</span></p></figcaption></figure>'
    page = mended(CELL.format(written))
    assert len(page.find_all("figure")) == len(page.find_all("figcaption")) == 1
    assert page.figcaption.get_text() == "Figure 2.1 What counts."
    assert page.figcaption.em


def test_a_long_first_sentence_is_cut_at_a_sign():
    long = "Eight networks, each on a row of its own: filled dots are parameters, hollow dots are connections, lines "
    long += "join the two, and the colours tell who made them and where and when."
    assert len(long) > content.LONGEST
    assert content.caption_from(long) == "Eight networks, each on a row of its own."
    assert content.caption_from("An error of 0.95 per cent. More.") == "An error of 0.95 per cent."


def test_code_keeps_its_text_and_its_indent():
    code = '<div class="highlight-ipython3 notranslate"><div class="highlight"><pre><span></span>{}</pre></div></div>'
    text = "def f(a):\n    <span>return</span> a &lt; 1\n\n        deeper\n"
    page = mended(code.format(text))
    assert page.pre.get_text() == "def f(a):\n    return a < 1\n\n        deeper\n"
    assert [line.get("style") for line in page.select(".line")] == [None, "--indent:4", None, "--indent:8"]
    output = code.replace("ipython3", "myst-ansi").format(text)
    assert not mended(output).select(".line"), "what a cell prints keeps its columns"


def test_text_stands_left_and_numbers_right():
    rows = "<tr><th>a</th><td>long words</td><td>1,024</td><td>3.5 ± 0.1</td><td>–</td></tr>"
    rows += "<tr><th>b</th><td>more words</td><td>12%</td><td>−4</td><td>7</td></tr>"
    head = "<tr><th></th><th>what</th><th>n</th><th>m</th><th>k</th></tr>"
    page = mended(CELL.format(f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"))
    assert [cell.get_text() for cell in page.select(".words")] == ["what", "long words", "more words"]


def test_names_and_signs_are_not_broken():
    page = mended("<h2>LeNet-5 at work</h2><p>6 × 28 <code>a × 2</code></p>")
    assert page.select_one("h2 .nobreak").get_text() == "LeNet-5"
    assert "6\u00a0×\u00a028" in page.p.get_text() and "a × 2" in page.code.get_text()


def test_pictures_lose_bytes_and_no_pixel(tmp_path):
    folder = tmp_path / "_images"
    folder.mkdir()
    image = Image.new("RGBA", (40, 30), (251, 248, 241, 255))
    image.putpixel((3, 4), (12, 34, 56, 255))
    image.save(folder / "a.png")
    page = mended(CELL.format(IMAGE) * 2, sources={"a.png": folder / "a.png"})
    first, second = page.find_all("img")
    assert (first["width"], first["height"], first["src"]) == ("40", "30", "../_images/a.webp")
    assert "loading" not in first.attrs and second["loading"] == "lazy"
    pictures.lighten_all(tmp_path)
    assert not (folder / "a.png").exists()
    with Image.open(folder / "a.webp") as lighter:
        assert list(lighter.getdata()) == list(image.convert("RGB").getdata())


@pytest.mark.parametrize(
    ("tex", "plain"),
    [(r"\(32\times 32\)", "32×32"), (r"\(0.95\)", "0.95"), (r"\(60{,}000\)", "60,000"), (r"\[\frac{a}{b}\]", "…"),
     (r"\(\alpha_{1}\)", "α1")],
)  # fmt: skip
def test_formulas_in_plain_characters(tex, plain):
    assert search.plain_formula(tex).replace(" ", "") == plain


def test_terms_of_one_definition_are_synonyms():
    text = '<dl class="glossary"><dt id="t1">one<a class="headerlink">#</a></dt><dt id="t2">two</dt><dd>What.</dd></dl>'
    assert search.entries_of(BeautifulSoup(text, "html.parser")) == [
        {"anchor": "t1", "title": "one", "text": "What.", "also": ["two"]}
    ]


# --- On the built book


def test_every_figure_of_the_book_can_be_cited(site):
    for name in CHAPTERS:
        page = parsed(site / f"{name}.html")
        figures = page.select("figure.book-figure")
        assert len(figures) == len(page.select(".cell_output img")), name
        assert [figure["id"] for figure in figures] == [f"figure-{n + 1}" for n in range(len(figures))]
        assert all(len(figure.figcaption.get_text(strip=True)) > 15 for figure in figures), name
        assert all(figure.img.get("width") and figure.img.get("height") for figure in figures), name


def test_every_icon_is_drawn(site, home, page):
    sheet = (site / "_static" / icons.NAME).read_text()
    used = set().union(*(icons.used_icons((site / name).read_text()) for name in built_pages()))
    assert used, "the pages show no icon at all"
    assert [name for name in used if f".fa-{name}::before" not in sheet] == []
    assert len(sheet) < 12_000
    assert all(base64.b64decode(data)[:4] == b"wOFF" for data in icons.re.findall(r"base64,([^)]+)\)", sheet))
    page.goto(home + "chapters/history.html")
    assert page.evaluate(
        "async () => { await document.fonts.ready; return [...document.querySelectorAll('i[class*=fa-]')]"
        ".filter(i => i.offsetParent).every(i => /Awesome/.test(getComputedStyle(i).fontFamily)) }"
    )


def test_code_fits_its_column_and_is_copied_as_it_is(site, home, page):
    for size in (None, PHONE):
        if size:
            page.set_viewport_size(size)
        page.goto(home + "chapters/rivals.html")
        wide = "[...document.querySelectorAll('.cell_input pre')].filter(p => p.scrollWidth > p.clientWidth + 1).length"
        assert page.evaluate(wide) == 0
    text = page.locator(".cell_input pre").nth(1).evaluate("pre => pre.textContent")
    assert (
        text in parsed(site / "chapters/rivals.html").select(".cell_input pre")[1].get_text() and "\n" in text
    )
