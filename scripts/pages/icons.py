"""The icons that the pages show, cut out of Font Awesome: one style sheet of a few kilobytes, fonts included.

The theme brings all 2,000 icons: a script of 543 kB (compressed) that holds up the first paint, and three fonts. The
style sheet made here has the icons that the pages and the theme's style sheets name, and nothing else.
"""

import base64
import io
import logging
import re
import shutil
from pathlib import Path

import pydata_sphinx_theme
from fontTools import subset

logging.getLogger("fontTools").setLevel(logging.WARNING)

NAME = "icons.css"
THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
CREDIT = "/* Icons: Font Awesome Free by @fontawesome, https://fontawesome.com (icons CC BY 4.0, fonts SIL OFL 1.1) */"
FONTS = {  # style of an icon: its short name, file, family, weight
    "solid": ("fas", "fa-solid-900.ttf", "Font Awesome 6 Free", 900),
    "regular": ("far", "fa-regular-400.ttf", "Font Awesome 6 Free", 400),
    "brands": ("fab", "fa-brands-400.ttf", "Font Awesome 6 Brands", 400),
}
LOOK = "-webkit-font-smoothing: antialiased; display: inline-block; font-style: normal; line-height: 1"
LARGE = ".fa-lg { font-size: 1.25em; line-height: 0.05em; vertical-align: -0.075em; }"


def font_awesome() -> Path:
    """The theme's folder with the fonts and style sheets of Font Awesome."""
    return next((THEME / "vendor" / "fontawesome").iterdir())


def code_points() -> dict[str, int]:
    """The character of each icon, by its name without "fa-"."""
    sheet = (font_awesome() / "css" / "all.min.css").read_text(encoding="utf-8")
    rules = re.findall(r'((?:\.fa-[\w-]+:before,?)+)\{content:"\\([0-9a-f]+)"\}', sheet)
    return {
        name: int(code, 16) for names, code in rules for name in re.findall(r"\.fa-([\w-]+):before", names)
    }


def used_icons(text: str) -> set[str]:
    """The names of all icons that pages, scripts or style sheets mention as a class, such as "bars"."""
    return set(re.findall(r"\bfa-([a-z0-9-]+)", text)) & set(code_points())


def drawn_characters(sheets: str) -> set[int]:
    """The characters of Font Awesome that style sheets write themselves, such as the signs of admonitions."""
    return {int(code, 16) for code in re.findall(r'"\\(f[0-9a-f]{3})"', sheets)}


def cut_font(file: str, characters: set[int]) -> str | None:
    """A font with these characters only, as the address of its data; None if it has none of them."""
    options = subset.Options(
        flavor="woff", hinting=False, layout_features=[], name_IDs=[], notdef_outline=True
    )
    font = subset.load_font(str(font_awesome() / "webfonts" / file), options)
    if not characters & set(font.getBestCmap()):
        return None
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters)
    cutter.subset(font)
    target = io.BytesIO()
    subset.save_font(font, target, options)
    return "data:font/woff;base64," + base64.b64encode(target.getvalue()).decode()


def style_sheet(text: str, sheets: str) -> str:
    """The rules for the icons that `text` (pages) and `sheets` (style sheets) name, with their fonts inside."""
    names, lines = used_icons(text + sheets), [CREDIT]
    points = code_points()
    characters = {points[name] for name in names} | drawn_characters(sheets)
    for style, (short, file, family, weight) in FONTS.items():
        data = cut_font(file, characters)
        if data is None or (style == "regular" and not re.search(r"\b(fa-regular|far)\b", text)):
            continue
        lines.append(f':root {{ --fa-font-{style}: normal {weight} 1em/1 "{family}"; }}')
        lines.append(f'@font-face {{ font-family: "{family}"; font-weight: {weight}; src: url({data}); }}')
        lines.append(f'.fa-{style}, .{short} {{ font-family: "{family}"; font-weight: {weight}; {LOOK}; }}')
    lines.append(LARGE)
    lines += [f'.fa-{name}::before {{ content: "\\{points[name]:x}"; }}' for name in sorted(names)]
    return "\n".join(lines) + "\n"


def write_icons(site: Path) -> None:
    """Write the style sheet of a finished site, and remove the files that it replaces."""
    shutil.rmtree(site / "_static" / "vendor" / "fontawesome", ignore_errors=True)
    pages = "\n".join(path.read_text(encoding="utf-8") for path in site.rglob("*.html"))
    sheets = "\n".join(path.read_text(encoding="utf-8") for path in (site / "_static").rglob("*.css"))
    (site / "_static" / NAME).write_text(style_sheet(pages, sheets), encoding="utf-8")
