"""The files of the built book: every link leads somewhere, nothing was left behind."""

import json

import pytest

from tests.book.book_checks import MACHINE_PATH, alt_fault, link_faults, parsed, text_faults
from tests.book.conftest import ROOT, listed_pages


def test_links_within_the_book(site):
    assert not link_faults(site)


@pytest.mark.parametrize("name", listed_pages())
def test_listed_page_is_built(site, name):
    assert (site / f"{name}.html").is_file()


def test_every_chapter_is_listed():
    there = {f"chapters/{path.stem}" for path in (ROOT / "chapters").glob("[!_]*.ipynb")}
    assert there == {name for name in listed_pages() if name.startswith("chapters/")}


def test_page_holds_no_traceback_and_no_path_of_a_machine(site, any_page):
    assert not text_faults((site / any_page).read_text())


def test_images_have_alternative_text(site, any_page):
    images = parsed(site / any_page).find_all("img")
    assert not [
        f"{image.get('src')}: {alt_fault(image.get('alt'))}"
        for image in images
        if alt_fault(image.get("alt"))
    ]


def test_page_has_one_title(site, any_page):
    page = parsed(site / any_page)
    body = page.select_one("article.bd-article") or page
    titles = body.select("section h1") or body.select("h1")
    assert len(titles) <= 1
    assert page.title and "LeNet" in page.title.text
    assert page.html.get("lang") == "en"


def test_downloads_are_the_chapters(site):
    for name in listed_pages():
        if name.startswith("chapters/"):
            notebook = json.loads((site / "_sources" / f"{name}.ipynb").read_text())
            assert notebook["cells"]
            assert not MACHINE_PATH.findall(json.dumps(notebook))


def test_favicon_is_there(site, any_page):
    icon = parsed(site / any_page).find("link", rel="icon")
    assert icon and ((site / any_page).parent / icon["href"]).is_file()
