"""A page on paper: nothing cut at the right, every fold open, black on white in dark mode, too."""

import pytest

from tests.book.book_checks import new_context, settle

PAPER = {"width": 700, "height": 1000}  # pixels between the margins of A4


@pytest.mark.parametrize("name", ["chapters/mathematics", "chapters/the-1998-network", "chapters/rivals"])
def test_paper_shows_everything(name, home, browser):
    with new_context(browser, "dark", PAPER) as context:
        page = context.new_page()
        page.goto(f"{home}{name}.html")
        settle(page)
        assert page.locator(".bd-article details:not([open])").count(), "the page has no fold to open"
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
        assert page.locator(".bd-article details:not([open])").count() == 0
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
        cut = page.evaluate(
            """() => [...document.querySelectorAll(".bd-article pre, .bd-article table, .bd-article img")]
              .filter(part => part.getBoundingClientRect().right > window.innerWidth + 2)
              .map(part => part.tagName + ": " + part.textContent.trim().slice(0, 60))"""
        )
        assert cut == []
        assert not page.locator(".cell summary").first.is_visible()
        page.emulate_media(media="screen")
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert page.locator(".bd-article details:not([open])").count()
