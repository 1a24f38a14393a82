"""The files of the built book: every link leads somewhere, nothing was left behind."""

import json

from tests.book.book_checks import MACHINE_PATH, alt_fault, link_faults, parsed, text_faults
from tests.book.conftest import ROOT, built_pages, listed_pages


def test_links_within_the_book(site):
    assert not link_faults(site)


def test_every_listed_page_is_built(site):
    assert [name for name in listed_pages() if not (site / f"{name}.html").is_file()] == []


def test_every_chapter_is_listed():
    there = {f"chapters/{path.stem}" for path in (ROOT / "chapters").glob("[!_]*.ipynb")}
    assert there == {name for name in listed_pages() if name.startswith("chapters/")}


def test_pages_hold_no_traceback_and_no_path_of_a_machine(site):
    found = {page: text_faults((site / page).read_text()) for page in built_pages()}
    assert {page: faults for page, faults in found.items() if faults} == {}


def test_images_have_alternative_text(site):
    assert not [
        f"{page}, {image.get('src')}: {alt_fault(image.get('alt'))}"
        for page in built_pages()
        for image in parsed(site / page).find_all("img")
        if alt_fault(image.get("alt"))
    ]


def test_pages_have_one_title(site):
    for name in built_pages():
        page = parsed(site / name)
        body = page.select_one("article.bd-article") or page
        titles = body.select("section h1") or body.select("h1")
        assert len(titles) <= 1, name
        assert page.title and "LeNet" in page.title.text, name
        assert page.html.get("lang") == "en", name


def test_downloads_are_the_chapters(site):
    for name in listed_pages():
        if name.startswith("chapters/"):
            notebook = json.loads((site / "_sources" / f"{name}.ipynb").read_text())
            assert notebook["cells"]
            assert not MACHINE_PATH.findall(json.dumps(notebook))


def test_favicon_is_there(site):
    for name in built_pages():
        icon = parsed(site / name).find("link", rel="icon")
        assert icon and ((site / name).parent / icon["href"]).is_file(), name
