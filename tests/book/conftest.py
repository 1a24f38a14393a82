"""The built book, served at a local address, and one browser for each worker."""

import os
import shutil
from pathlib import Path

import pytest
import yaml

from tests.book.book_checks import new_context, served

ROOT = Path(__file__).resolve().parents[2]
SITE = Path(os.environ.get("LENET_BOOK") or ROOT / "_build" / "html").resolve()
NO_BOOK = "(no book)"


def listed_pages() -> list[str]:
    """The pages that _toc.yml names, without suffix, in its order."""

    def walk(part):
        if isinstance(part, dict):
            yield from (part[key] for key in ("root", "file") if key in part)
            for key in ("parts", "chapters", "sections"):
                yield from walk(part.get(key, []))
        elif isinstance(part, list):
            for item in part:
                yield from walk(item)

    return list(walk(yaml.safe_load((ROOT / "_toc.yml").read_text())))


def built_pages() -> list[str]:
    """Every page of the book, as a path below the site; a name that fails where there is no book."""
    pages = sorted(
        str(path.relative_to(SITE))
        for path in SITE.rglob("*.html")
        if not path.relative_to(SITE).parts[0].startswith("_")
    )
    return pages or [NO_BOOK]


def pytest_generate_tests(metafunc):
    if "any_page" in metafunc.fixturenames:
        metafunc.parametrize("any_page", built_pages())


def pytest_collection_modifyitems(items):
    for item in items:
        if "site" in item.fixturenames:
            item.add_marker(pytest.mark.pages)


@pytest.fixture(scope="session")
def site() -> Path:
    if not (SITE / "index.html").exists():
        pytest.fail(f"There is no book at {SITE}. Make it first: make book", pytrace=False)
    return SITE


@pytest.fixture(scope="session")
def home(site):
    with served(site) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    program = os.environ.get("LENET_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not program or not Path(program).exists():
        message = "No Chromium. Install Debian's package chromium, or name the program in LENET_CHROMIUM."
        if os.environ.get("LENET_REQUIRE_BROWSER") == "1":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    # Without these, Chromium itself talks to other hosts, or cannot start as root.
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
    ]
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=program, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def light(browser):
    with new_context(browser, "light") as context:
        yield context


@pytest.fixture(scope="module")
def dark(browser):
    with new_context(browser, "dark") as context:
        yield context


@pytest.fixture
def page(light):
    page = light.new_page()
    yield page
    page.close()
