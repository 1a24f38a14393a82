"""What a link to a page shows, and what servers and search engines need: descriptions, cards, a sitemap, a 404 page."""

import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from scripts.pages import sharing
from scripts.pages.cards import draw_card
from scripts.set_address import pages, stated_address
from tests.book.book_checks import parsed, served, watch
from tests.book.conftest import built_pages, listed_pages
from tests.book.test_build import build, small_book

REPOSITORY = "https://github.com/someone/lenet"
HOME = "https://someone.github.io/lenet/"


def head_of(path: Path) -> dict[str, str]:
    """The meta tags and the canonical address of a page."""
    head = parsed(path).head
    tags = [tag for tag in head.find_all("meta", content=True) if tag.get("name") or tag.get("property")]
    found = {tag.get("name") or tag["property"]: tag["content"] for tag in tags}
    canonical = head.find("link", rel="canonical")
    return found | ({"canonical": canonical["href"]} if canonical else {})


def test_every_page_describes_itself(site):
    described = {name: head_of(site / f"{name}.html").get("description", "") for name in listed_pages()}
    assert {name: text for name, text in described.items() if not 30 <= len(text) <= 220} == {}
    assert len(set(described.values())) == len(described)


def test_addresses_stand_where_there_is_one_and_nowhere_else(site):
    address = stated_address()
    for name in listed_pages():
        head = head_of(site / f"{name}.html")
        if address is None:
            assert not {"canonical", "og:url", "og:image"} & set(head), name
        else:
            place = f"{pages(address)}/{name}.html"
            assert head["canonical"] == head["og:url"] == place
            assert (site / sharing.card_name(name)).is_file()
    assert (site / "sitemap.xml").exists() == (address is not None)


def test_titles_and_viewport(site):
    titles = {name: parsed(site / name).title.text.strip() for name in built_pages()}
    assert titles["intro.html"] == "LeNet: A Comprehensive Overview"
    assert titles["chapters/history.html"].startswith("History")
    assert len(set(titles.values()) - {titles["intro.html"]}) >= len(titles) - 2  # index leads on to intro
    for name in built_pages():
        if name != "index.html":
            assert len(parsed(site / name).head.find_all("meta", attrs={"name": "viewport"})) == 1, name


@pytest.fixture(scope="module")
def small_site(tmp_path_factory):
    """A small book that has an address."""
    book = small_book(tmp_path_factory.mktemp("shared") / "book")
    (book / "pyproject.toml").write_text(
        f'[project]\nname = "x"\n[project.urls]\nRepository = "{REPOSITORY}"\n'
    )
    done = build(book)
    assert done.returncode == 0, done.stdout + done.stderr
    return book / "_build" / "html"


def test_a_page_with_an_address(small_site):
    head = head_of(small_site / "chapters/small.html")
    assert head["canonical"] == head["og:url"] == HOME + "chapters/small.html"
    assert head["og:title"] == "Small"
    assert head["description"] == head["og:description"] == "Some text."
    assert head["twitter:card"] == "summary_large_image"
    card = small_site / head["og:image"].removeprefix(HOME)
    with Image.open(card) as picture:
        assert picture.size == (1200, 630)


def test_sitemap_and_robots(small_site):
    root = ElementTree.fromstring((small_site / "sitemap.xml").read_text())
    places = {place.text for place in root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")}
    assert places == {HOME + name for name in ("intro.html", "chapters/small.html", "references.html")}
    assert f"Sitemap: {HOME}sitemap.xml" in (small_site / "robots.txt").read_text()
    assert "Sitemap" not in sharing.robots(None)


def test_pages_that_nobody_should_find_say_so(site):
    for name in ("search.html", "404.html", "genindex.html"):
        assert head_of(site / name).get("robots") == "noindex"
    assert "robots" not in head_of(site / "intro.html")


def test_the_page_for_a_wrong_address_works_however_deep_that_is(site, browser, tmp_path):
    """GitHub serves 404.html in the place of any missing page; here a copy of it lies three folders down."""
    root = tmp_path / "site"
    shutil.copytree(site, root, ignore=shutil.ignore_patterns("mathjax", "_images", "_sources"))
    (root / "a/b/c").mkdir(parents=True)
    shutil.copy(root / "404.html", root / "a/b/c/missing.html")
    with served(root) as home:
        page = browser.new_page()
        faults = watch(page, home)
        page.goto(home + "a/b/c/missing.html")
        assert page.locator("h1", has_text="Page not found").is_visible()
        assert not faults
        page.get_by_role("link", name="its introduction").click()
        page.wait_for_url(home + "intro.html")
        page.close()


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("A  short\ntext.", "A short text."),
        ("A sentence that is long enough to stand alone, as a description should. " + "word " * 50,
         "A sentence that is long enough to stand alone, as a description should."),
        ("word " * 50, "word " * 39 + "word …"),
    ],
)  # fmt: skip
def test_descriptions_are_cut_where_it_makes_sense(text, short):
    assert sharing.shorten(text) == short


def test_a_card_holds_the_longest_title(tmp_path):
    draw_card(
        "Mathematics: what the network computes, and how it learns from its own mistakes",
        tmp_path / "card.png",
    )
    with Image.open(tmp_path / "card.png") as picture:
        right_edge = picture.convert("L").crop((1150, 0, 1200, 630))
        assert right_edge.getextrema()[0] > 200, "the title runs out of the card"
