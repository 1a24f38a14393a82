"""The bibliography is sound, and every paper that a chapter or page links to stands in it."""

import re
from pathlib import Path

import nbformat
import pytest
from pybtex.database import parse_file

ROOT = Path(__file__).resolve().parent.parent
BIBLIOGRAPHY = parse_file(str(ROOT / "references.bib"))
NOT_PAGES = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "CODE_OF_CONDUCT.md", "LICENSE.md"}
SOURCES = sorted(ROOT.glob("chapters/[!_]*.ipynb")) + sorted(
    path for path in ROOT.glob("*.md") if path.name not in NOT_PAGES
)

ADDRESS = re.compile(r"https?://[^\s\"'<>\]]+")
PAPER = re.compile(
    r"doi\.org/|arxiv\.org/(abs|pdf)/|papers\.nips\.cc/|proceedings\.(neurips\.cc|mlr\.press)/|jmlr\.org/papers"
    r"|/publis/|leon\.bottou\.org/papers|hal\.(inria|science)|inria\.hal|openreview\.net/|openaccess\.thecvf"
    r"|\.pdf$"
)
"""What makes an address that of a paper; others (data, films, documentation) may but need not have an entry."""


def name_of(address: str) -> str:
    """One spelling for all addresses of a work: its DOI where the address has one."""
    address = re.sub(r"^https?://(www\.|dx\.)?", "", address.strip().rstrip(".,;:")).rstrip("/")
    if found := re.match(r"arxiv\.org/(?:abs|pdf)/([0-9.]+?)(v\d+)?(\.pdf)?$", address):
        return f"10.48550/arxiv.{found[1]}"
    return re.sub(r"^doi\.org/", "", address).lower()


def addresses(path: Path) -> set[str]:
    """The addresses in a page's text, without what Markdown puts after them."""
    if path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    else:
        text = path.read_text()
    found = set()
    for address in ADDRESS.findall(text):
        while address.count(")") > address.count("("):  # the bracket that closes a Markdown link
            address = address[: address.rindex(")")]
        found.add(address)
    return found


def entry_names() -> list[str]:
    names = []
    for entry in BIBLIOGRAPHY.entries.values():
        names += [name_of(entry.fields[field]) for field in ("doi", "url") if field in entry.fields]
    return names


@pytest.mark.parametrize("key", BIBLIOGRAPHY.entries)
def test_entry_is_complete(key):
    entry = BIBLIOGRAPHY.entries[key]
    assert entry.persons.get("author"), f"{key} has no author"
    assert entry.fields.get("title"), f"{key} has no title"
    assert re.fullmatch(r"(19|20)\d\d", entry.fields.get("year", "")), f"{key} has no year"
    assert "doi" in entry.fields or "url" in entry.fields, f"{key} has neither doi nor url"
    if "doi" in entry.fields:
        assert re.fullmatch(r"10\.\d{4,9}/\S+", entry.fields["doi"]), f"{key}: the doi should begin with 10."


def test_entries_are_unique():
    names = entry_names()
    assert sorted(set(names)) == sorted(names), "two entries have the same doi or url"
    titles = [re.sub(r"\W+", "", entry.fields["title"]).lower() for entry in BIBLIOGRAPHY.entries.values()]
    assert len(set(titles)) == len(titles), "two entries have the same title"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_linked_paper_has_an_entry(path):
    known = set(entry_names())
    papers = {address for address in addresses(path) if PAPER.search(address)}
    missing = sorted(address for address in papers if name_of(address) not in known)
    assert not missing, f"{path.name} links to works that references.bib does not have: {missing}"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://doi.org/10.1109/5.726791", "10.1109/5.726791"),
        ("http://dx.doi.org/10.1162/NECO_a_00052.", "10.1162/neco_a_00052"),
        ("https://arxiv.org/abs/1905.10498v2", "10.48550/arxiv.1905.10498"),
        ("https://arxiv.org/pdf/1905.10498.pdf", "10.48550/arxiv.1905.10498"),
        ("http://www.example.org/paper/", "example.org/paper"),
    ],
)
def test_one_name_for_each_work(address, name):
    assert name_of(address) == name


def test_a_bracket_in_an_address_survives(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "See [Neuron](https://doi.org/10.1016/S0896-6273(00)80984-8), then (https://doi.org/10.1/x)."
    )
    assert addresses(page) == {"https://doi.org/10.1016/S0896-6273(00)80984-8", "https://doi.org/10.1/x"}
