"""How much a page weighs, and what its reader waits for before the first word: at most two seconds on slow 4G."""

import gzip
from pathlib import Path
from urllib.parse import urlsplit

from tests.book.book_checks import DESKTOP, new_context, parsed, settle
from tests.book.conftest import listed_pages

WEIGHT = 900_000
"""Bytes of a whole page, compressed as a server compresses them."""
BEFORE_THE_FIRST_WORD = 200_000
"""Bytes of the page itself, its style sheets and the scripts that hold it up; 1.6 Mbit/s bring 200,000 in a second."""
LAYOUT_SHIFT = 0.1
COMPRESSED_ALREADY = (".png", ".woff2", ".woff", ".jpg")


def size_of(path: Path) -> int:
    """The bytes that a server would send for a file."""
    content = path.read_bytes()
    return len(content) if path.suffix in COMPRESSED_ALREADY else len(gzip.compress(content, 6))


def blocking_files(page: Path) -> list[Path]:
    """What a browser needs before it draws a page: itself, its style sheets, scripts that are not late."""
    head = parsed(page).head
    links = [link["href"] for link in head.find_all("link", rel="stylesheet") if link.get("media") != "print"]
    scripts = [
        s["src"]
        for s in head.find_all("script", src=True)
        if not (s.has_attr("defer") or s.has_attr("async"))
    ]
    return [page, *((page.parent / urlsplit(address).path).resolve() for address in links + scripts)]


def test_little_stands_before_the_first_word(site):
    for name in listed_pages():
        files = blocking_files(site / f"{name}.html")
        sizes = {file.name: size_of(file) for file in files}
        assert sum(sizes.values()) <= BEFORE_THE_FIRST_WORD, (name, sizes)


def test_pages_are_light_and_stand_still(site, home, browser):
    """Of each page: the bytes of all that a first visit fetches, and by how much what is there already moves."""
    heavy, shifting = {}, {}
    for name in listed_pages():
        with new_context(browser, "light", DESKTOP) as context:
            page, fetched = context.new_page(), set()
            page.on("response", lambda answer, fetched=fetched: fetched.add(urlsplit(answer.url).path))
            page.add_init_script(
                "window.shift = 0; new PerformanceObserver(list => { for (const entry of list.getEntries()) "
                "if (!entry.hadRecentInput) window.shift += entry.value; })"
                ".observe({type: 'layout-shift', buffered: true})"
            )
            page.goto(f"{home}{name}.html")
            settle(page)
            weight = sum(
                size_of(site / path.lstrip("/")) for path in fetched if (site / path.lstrip("/")).is_file()
            )
            if weight > WEIGHT:
                heavy[name] = weight
            if (shift := page.evaluate("window.shift")) > LAYOUT_SHIFT:
                shifting[name] = round(shift, 3)
    assert not heavy, "bytes of pages that weigh too much"
    assert not shifting, "layout shift of pages that move"
