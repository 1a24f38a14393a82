"""Every page of the built book as a reader's browser shows it: wide and narrow, light and dark."""

import pytest

from scripts.set_address import short, stated_address
from tests.book.book_checks import (
    DESKTOP,
    PHONE,
    accessibility_faults,
    equation_faults,
    image_faults,
    parsed,
    settle,
    watch,
    width_faults,
)
from tests.book.conftest import listed_pages

CHAPTERS = [name for name in listed_pages() if name.startswith("chapters/")]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_page(any_page, theme, request, home):
    if any_page == "index.html":
        return  # it only leads on to the introduction, and has a test of its own
    page = request.getfixturevalue(theme).new_page()
    try:
        faults = watch(page, home)
        page.goto(home + any_page)
        settle(page)
        assert page.evaluate("document.documentElement.dataset.theme") == theme
        faults += equation_faults(page) + image_faults(page) + accessibility_faults(page)
        for size in (PHONE, {"width": 820, "height": 1100}, DESKTOP):
            page.set_viewport_size(size)
            page.wait_for_timeout(100)
            faults += width_faults(page)
            if size is PHONE:  # what fits on a desk may scroll in the hand
                faults += accessibility_faults(page, ["scrollable-region-focusable"])
        assert not faults, "\n".join([any_page, *sorted(set(faults))])
    finally:
        page.close()


@pytest.mark.parametrize("name", CHAPTERS)
def test_buttons(name, home, page):
    page.goto(f"{home}{name}.html")
    address = stated_address()
    links = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('.article-header-buttons a')].map(a => "
        "[a.title || a.textContent.trim(), a.href]))"
    )
    source = f"{home}_sources/{name}.ipynb"
    assert source in links.values()
    assert page.request.get(source).ok
    if address is None:  # and no button that would lead nowhere
        assert not [link for link in links.values() if "github" in link]
        assert page.get_by_role("button", name="Launch interactive content").count() == 0
        return
    colab = f"https://colab.research.google.com/github/{short(address)}/blob/main/{name}.ipynb"
    assert {colab, address, f"{address}/edit/main/{name}.ipynb"} <= set(links.values())
    page.get_by_role("button", name="Launch interactive content").click()
    assert page.get_by_role("link", name="Colab").is_visible()


def test_index_leads_to_the_introduction(home, page):
    page.goto(home)
    page.wait_for_url("**/intro.html")
    assert page.title().startswith("LeNet")


def test_search_finds_a_word_of_the_book(home, page):
    faults = watch(page, home)
    page.goto(home + "search.html?q=subsampling")
    page.wait_for_selector("#search-results ul.search li a")
    found = page.eval_on_selector_all("#search-results ul.search li a", "links => links.map(a => a.href)")
    assert any("/chapters/" in link for link in found)
    assert not faults


def test_search_field_opens_and_searches(home, page):
    page.goto(home + "intro.html")
    page.locator(".search-button-field").first.click()
    page.locator(".search-button__search-container input").fill("convolution")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results ul.search li a")


def test_search_that_finds_nothing_says_so(home, page):
    page.goto(home + "search.html?q=xyzzyplugh")
    page.wait_for_function("document.querySelector('#search-results').innerText.includes('did not match')")


def test_theme_button(home, light):
    page = light.new_page()
    page.goto(home + "intro.html")
    shades = {}
    for _ in range(3):
        page.locator(".article-header-buttons .theme-switch-button").click()
        root = page.evaluate(
            "[document.documentElement.dataset.mode, getComputedStyle(document.body).backgroundColor]"
        )
        shades[root[0]] = root[1]
    page.close()
    assert set(shades) == {"light", "dark", "auto"}
    assert shades["light"] != shades["dark"]


def test_contents_open_on_a_phone(home, page):
    page.set_viewport_size(PHONE)
    page.goto(home + "intro.html")
    entry = page.locator(".bd-sidebar-primary a[href='glossary.html']")
    assert not entry.is_visible()
    page.locator(".primary-toggle").first.click()
    entry.click()
    page.wait_for_url("**/glossary.html")


def test_figures_look_the_same_by_day_and_by_night(home, site, light, dark):
    name = next((n for n in CHAPTERS if parsed(site / f"{n}.html").select_one(".cell_output img")), None)
    assert name, "no chapter shows a figure"
    seen = []
    for context in (light, dark):
        page = context.new_page()
        page.goto(f"{home}{name}.html")
        style = "i => { const s = getComputedStyle(i); return [s.filter, s.backgroundColor, s.opacity, s.borderWidth] }"
        seen.append(page.eval_on_selector(".cell_output img", style))
        page.close()
    # By night the light card is a little dimmer, and otherwise the same.
    assert seen == [
        ["none", "rgb(251, 248, 241)", "1", "0px"],
        ["brightness(0.87)", "rgb(251, 248, 241)", "1", "0px"],
    ]


def test_book_opens_from_a_folder(site, page):
    """Downloaded and opened without a server, equations are typeset all the same."""
    home = site.as_uri()
    faults = watch(page, home)
    for name in ("intro", "chapters/mathematics"):
        page.goto(f"{home}/{name}.html")
        settle(page)
        faults += equation_faults(page)
    # Icons are fetched early, which browsers refuse here; they fetch them again when they need them.
    assert not [fault for fault in faults if "webfonts" not in fault and "net::ERR_FAILED" not in fault]
