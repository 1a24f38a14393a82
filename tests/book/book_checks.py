"""What is wrong with a page of the built book? Each function returns the faults it finds, as sentences."""

import contextlib
import functools
import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import bs4
from axe_playwright_python.sync_playwright import Axe

MACHINE_PATH = re.compile(
    r"(?<![\w.:/~-])/(?:home|root|tmp|work|Users|private|mnt|builds|github/workspace)/[\w.-]+"
)
MYST = re.compile(r"^\s*(?:```+|:::+)\{[\w:-]+\}|\{[\w:-]+\}`", re.MULTILINE)
TRACEBACK = re.compile(r"Traceback \(most recent call last\)|CellExecutionError|CellTimeoutError")
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}


# --- Serving and visiting


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder at a free port; the address ends with a slash."""
    handler = functools.partial(QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def new_context(browser, theme: str, size: dict = DESKTOP):
    """A reader who prefers this theme, on a screen of this size."""
    context = browser.new_context(viewport=size, color_scheme=theme)
    context.set_default_timeout(20_000)
    return context


def watch(page, home: str) -> list[str]:
    """A list that fills, from now on, with the console's errors and failed or outside requests."""
    faults: list[str] = []
    page.on("console", lambda said: faults.append(f"console: {said.text}") if said.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on("requestfailed", lambda request: faults.append(f"failed: {request.url} ({request.failure})"))

    def note_missing(answer):
        if answer.status >= 400:
            faults.append(f"{answer.status}: {answer.url}")

    def note_outside(request):
        if not request.url.startswith((home, "data:", "blob:")):
            faults.append(f"outside: {request.url}")

    page.on("response", note_missing)
    page.on("request", note_outside)
    return faults


def settle(page) -> None:
    """Wait until the equations are typeset."""
    page.evaluate("async () => { if (window.MathJax?.startup?.promise) await MathJax.startup.promise; }")


# --- What a browser sees

# The thousands of coloured words of a chapter's code would take axe-core half a minute; one of each kind of word
# (in each kind of box) shows as much.
ONE_SPAN_OF_EACH_COLOUR = """() => {
  const seen = new Set();
  for (const span of document.querySelectorAll("pre span[class]")) {
    const box = span.closest("[class*=cell_], .output, .highlight")?.className;
    const kind = span.className + " in " + box;
    if (seen.has(kind)) span.replaceWith(...span.childNodes);
    seen.add(kind);
  }
}"""


def equation_faults(page) -> list[str]:
    """Equations that were not typeset, or not without an error."""
    return page.evaluate(
        r"""() => {
          const faults = [];
          for (const place of document.querySelectorAll(".math"))
            if (!place.querySelector("mjx-container")) faults.push("not typeset: " + place.textContent.slice(0, 80));
          for (const error of document.querySelectorAll("mjx-merror, [data-mjx-error]"))
            faults.push("error in an equation: " + (error.getAttribute("data-mjx-error") || error.textContent));
          const text = document.body.cloneNode(true);
          const rest = "pre, code, script, style, mjx-container, .math";
          for (const part of text.querySelectorAll(rest)) part.remove();
          const words = text.textContent;
          const raw = words.match(/\$\$|\\\(|\\\[|\\(?:frac|tag|times|sum|qquad)\b|(?:^|\s)\$[^$\n]{1,60}\$/);
          if (raw) faults.push("raw equation: " + raw[0]);
          return faults;
        }"""
    )


def image_faults(page) -> list[str]:
    """Pictures that did not load, or whose alternative text says nothing."""
    page.evaluate(
        """async () => { for (const image of document.images) image.loading = "eager";
          await Promise.all([...document.images].map(image => image.decode().catch(() => {}))); }"""
    )
    images = page.evaluate(
        "[...document.images].map(i => ({source: i.getAttribute('src') || '', alt: i.alt, width: i.naturalWidth}))"
    )
    faults = [f"did not load: {image['source']}" for image in images if not image["width"]]
    return faults + [f"{alt_fault(i['alt'])}: {i['source'][:80]}" for i in images if alt_fault(i["alt"])]


def alt_fault(text: str | None) -> str | None:
    """What is wrong with an alternative text, or None."""
    if not (text or "").strip():
        return "no alternative text"
    if re.search(
        r"\.(png|svg|jpe?g)$|^_?images?\b|^figure\s*\d*$|^[0-9a-f]{16,}$|^<", text.strip(), re.IGNORECASE
    ):
        return f"meaningless alternative text {text!r}"
    if len(text.split()) < 2:
        return f"alternative text of one word {text!r}"
    return None


def width_faults(page) -> list[str]:
    """Does the page scroll sideways at its present width?"""
    excess = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [f"scrolls sideways by {excess} px at {page.viewport_size['width']} px"] if excess > 1 else []


def accessibility_faults(page, rules: list[str] | None = None) -> list[str]:
    """axe-core's serious and critical violations of all rules or some, with every fold of the page opened."""
    # Letters that are still fading in would be judged by a colour that nobody reads them in.
    page.add_style_tag(content="* { animation: none !important; transition: none !important; }")
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
    page.evaluate(ONE_SPAN_OF_EACH_COLOUR)
    page.wait_for_timeout(400)
    # Its preloading requests style sheets at addresses where there are none.
    options = {"resultTypes": ["violations"], "preload": False}
    if rules:
        options["runOnly"] = {"type": "rule", "values": rules}
    violations = Axe().run(page, options=options).response["violations"]
    return [
        f"{violation['impact']}: {violation['id']}: {node['html'][:150]}"
        for violation in violations
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"][:3]
    ]


# --- What stands in the files


def parsed(path: Path) -> bs4.BeautifulSoup:
    return bs4.BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def link_faults(site: Path) -> list[str]:
    """Links within the site whose file or anchor is missing, and whatever is fetched from elsewhere."""
    pages = {path: parsed(path) for path in sorted(site.rglob("*.html")) if "_static" not in path.parts}
    anchors = {
        path: {tag[key] for key in ("id", "name") for tag in page.find_all(attrs={key: True})}
        for path, page in pages.items()
    }
    faults = []
    for path, page in pages.items():
        where = path.relative_to(site)
        for tag, key in (
            ("a", "href"),
            ("img", "src"),
            ("script", "src"),
            ("link", "href"),
            ("source", "src"),
        ):
            for element in page.find_all(tag, attrs={key: True}):
                address = urlsplit(element[key])
                if address.scheme or address.netloc:
                    fetched = tag != "a" and address.scheme != "data"
                    canonical = element.get("rel") in (["canonical"], ["search"])
                    faults += [f"{where} fetches {element[key]}"] if fetched and not canonical else []
                    continue
                target = (path.parent / unquote(address.path)).resolve() if address.path else path
                if not target.is_file():
                    faults.append(f"{where} links to {element[key]}, which does not exist")
                elif address.fragment and unquote(address.fragment) not in anchors.get(
                    target, {unquote(address.fragment)}
                ):
                    faults.append(f"{where} links to {element[key]}, which has no such place")
    return sorted(set(faults))


def text_faults(html: str) -> list[str]:
    """A traceback or a path of the building machine in a page."""
    page = bs4.BeautifulSoup(html, "html.parser")
    faults = [f"traceback: {found.group()}" for found in TRACEBACK.finditer(page.get_text())]
    faults += [f"traceback: {place.get_text()[:80]}" for place in page.select(".output.traceback")]
    return faults + [f"path of a machine: {found}" for found in MACHINE_PATH.findall(html)]
