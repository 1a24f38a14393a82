"""The pictures of the pages: stated in size, and stored as lossless WebP, which needs 40% of PNG's bytes."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bs4 import BeautifulSoup
from PIL import Image


def lighter_name(name: str) -> str:
    """The name under which a picture of the pages is stored."""
    return name.removesuffix(".png") + ".webp" if name.endswith(".png") else name


def state_sizes(page: BeautifulSoup, sources: dict[str, Path]) -> None:
    """State every picture's size, so that nothing moves when it arrives; those further down are fetched when needed.

    Args:
        page: the text of a page.
        sources: the files of the pictures that Sphinx will store, by the names that it gives them.
    """
    for number, image in enumerate(page.find_all("img")):
        folder, _, name = image.get("src", "").rpartition("/")
        if name in sources and name.endswith(".png"):
            with Image.open(sources[name]) as picture:
                image["width"], image["height"] = (str(side) for side in picture.size)
            image["src"] = f"{folder}/{lighter_name(name)}"
        if number:
            image["loading"] = "lazy"


def lighten(path: Path) -> None:
    """Store a PNG as a WebP with the same pixels in its place."""
    with Image.open(path) as picture:
        opaque = picture.mode != "RGBA" or picture.getextrema()[3][0] == 255
        (picture.convert("RGB") if opaque else picture).save(
            path.with_suffix(".webp"), lossless=True, method=4
        )
    path.unlink()


def lighten_all(site: Path) -> None:
    """Store all pictures of a finished site so."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(lighten, (site / "_images").glob("*.png")))
