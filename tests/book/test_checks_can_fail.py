"""Each check of the built book, shown a page broken on purpose, must complain; shown a sound one, be quiet."""

import pytest

from tests.book import book_checks as checks

FRAME = """<!DOCTYPE html>
<html lang="en">
<head><title>LeNet</title>{head}</head>
<body><main><h1>LeNet</h1>{body}</main></body>
</html>"""
DOT = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


@pytest.fixture
def shown(tmp_path, browser):
    """Serve a page with this head and body, let the browser open it, and return it with what was watched."""
    with checks.served(tmp_path) as home, checks.new_context(browser, "light", checks.PHONE) as context:

        def show(body: str, head: str = ""):
            icon = f'<link rel="icon" href="{DOT}">'
            # A name of its own for each page: the browser might take the second from its cache.
            path = tmp_path / f"page{len(list(tmp_path.iterdir()))}.html"
            path.write_text(FRAME.format(head=icon + head, body=body))
            page = context.new_page()
            faults = checks.watch(page, home)
            page.goto(home + path.name)
            checks.settle(page)
            page.wait_for_timeout(50)
            return page, faults

        yield show


@pytest.mark.parametrize(
    "body, word",
    [
        ("<script>console.error('oh')</script>", "console"),
        ("<script>nowhere()</script>", "script"),
        ("<script src='missing.js'></script>", "404"),
        ("<img src='http://localhost:9/picture.png' alt='a picture'>", "outside"),
        ("<link rel='stylesheet' href='http://localhost:9/style.css'>", "outside"),
    ],
)
def test_watch(shown, body, word):
    assert any(fault.startswith(word) for fault in shown(body)[1])


def test_watch_is_quiet(shown):
    assert not shown(f"<p>All is well.</p><img src='{DOT}' alt='a white dot'>")[1]


@pytest.mark.parametrize(
    "body",
    [
        r"<div class='math'>\[x^2\]</div>",
        r"<p>so $$x^2$$ it is</p>",
        r"<p>so \(x^2\) it is</p>",
        r"<p>so $x^2$ it is</p>",
        r"<p>\frac{1}{2}</p>",
        "<div class='math'><mjx-container><mjx-merror data-mjx-error='Undefined'>x</mjx-merror></mjx-container></div>",
    ],
)
def test_equations(shown, body):
    assert checks.equation_faults(shown(body)[0])


def test_equations_are_quiet(shown):
    body = r"<div class='math'><mjx-container>x²</mjx-container></div><pre>$$raw$$</pre><p>It cost $5.</p>"
    assert not checks.equation_faults(shown(body)[0])


@pytest.mark.parametrize(
    "image",
    [
        f"<img src='{DOT}'>",
        f"<img src='{DOT}' alt=' '>",
        f"<img src='{DOT}' alt='plot.png'>",
        f"<img src='{DOT}' alt='image 3'>",
        f"<img src='{DOT}' alt='digits'>",
        "<img src='data:,' alt='a broken one'>",
    ],
)
def test_images(shown, image):
    assert checks.image_faults(shown(image)[0])


def test_images_are_quiet(shown):
    assert not checks.image_faults(shown(f"<img src='{DOT}' alt='Ten handwritten digits'>")[0])


def test_width(shown):
    assert checks.width_faults(
        shown("<p style='width: 900px'>wide</p>", "<meta name='viewport' content='width=device-width'>")[0]
    )
    assert not checks.width_faults(
        shown("<div style='overflow-x: auto'><p style='width: 900px'>wide</p></div>")[0]
    )


@pytest.mark.parametrize(
    "body",
    [
        "<p style='color: #bbb; background: #fff'>pale letters</p>",
        "<button></button>",
        f"<img src='{DOT}'>",
        "<details><summary>more</summary><p style='color: #bbb; background: #fff'>pale and folded away</p></details>",
        "<div style='overflow-x: auto; width: 90px'><p style='width: 900px'>out of the keyboard's reach</p></div>",
    ],
)
def test_accessibility(shown, body):
    assert checks.accessibility_faults(shown(body)[0])


def test_accessibility_is_quiet(shown):
    assert not checks.accessibility_faults(shown("<p>Dark letters on white.</p>")[0])


@pytest.mark.parametrize(
    "body, word",
    [
        ("<a href='missing.html'>x</a>", "does not exist"),
        ("<a href='#missing'>x</a>", "no such place"),
        ("<a href='other.html#missing'>x</a>", "no such place"),
        ("<img src='missing.png' alt='a picture'>", "does not exist"),
        ("<script src='https://elsewhere.example/a.js'></script>", "fetches"),
        ("<link rel='stylesheet' href='//elsewhere.example/a.css'>", "fetches"),
    ],
)
def test_links(tmp_path, body, word):
    (tmp_path / "other.html").write_text("<h1 id='there'>x</h1>")
    (tmp_path / "page.html").write_text(body)
    (fault,) = checks.link_faults(tmp_path)
    assert word in fault


def test_links_are_quiet(tmp_path):
    (tmp_path / "other.html").write_text("<h1 id='there'>x</h1>")
    body = "<a href='other.html#there'>x</a> <a href='https://doi.org/10.1109/5.726791'>y</a> <a href='#'>top</a>"
    (tmp_path / "page.html").write_text(body)
    assert not checks.link_faults(tmp_path)


@pytest.mark.parametrize(
    "html",
    [
        "<pre>Traceback (most recent call last)</pre>",
        "<div class='output traceback'>oh</div>",
        "<p>saved in /home/someone/x</p>",
        "<p>'/tmp/abc'</p>",
    ],
)
def test_texts(html):
    assert checks.text_faults(html)


def test_texts_are_quiet():
    assert not checks.text_faults("<a href='https://example.org/home/someone'>and/or tmp/x</a> ~/tmp/x")


@pytest.mark.parametrize(
    "text", [":::{note}\nx\n:::", "```{figure} a.png\n```", "see {ref}`there`", "{cite}`lecun1998`"]
)
def test_myst(text):
    assert checks.MYST.search(text)


@pytest.mark.parametrize("text", ["```python\nx = {1}\n```", "$\\frac{a}{b}$ and `code`", "a set {x} of `x`"])
def test_myst_is_quiet(text):
    assert not checks.MYST.search(text)
