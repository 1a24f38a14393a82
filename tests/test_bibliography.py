"""The bibliography is sound, and every paper that a chapter or page links to stands in it."""

import re
from pathlib import Path

import nbformat
from pybtex.database import Entry, parse_file

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


def faults(entry) -> list[str]:
    """What an entry lacks."""
    wanted = {
        "no author": bool(entry.persons.get("author")),
        "no title": bool(entry.fields.get("title")),
        "no year": bool(re.fullmatch(r"(19|20)\d\d", entry.fields.get("year", ""))),
        "neither doi nor url": "doi" in entry.fields or "url" in entry.fields,
        "a doi that does not begin with 10.": bool(
            re.fullmatch(r"10\.\d{4,9}/\S+", entry.fields.get("doi", "10.1000/none"))
        ),
    }
    return [fault for fault, fine in wanted.items() if not fine]


def test_every_entry_is_complete():
    assert len(BIBLIOGRAPHY.entries) > 100
    assert {key: faults(entry) for key, entry in BIBLIOGRAPHY.entries.items() if faults(entry)} == {}


def test_an_entry_that_lacks_something_is_found():
    entry = Entry("article", fields={"title": "A title", "year": "98", "doi": "doi.org/10.1/x"})
    assert faults(entry) == ["no author", "no year", "a doi that does not begin with 10."]


def test_entries_are_unique():
    names = entry_names()
    assert sorted(set(names)) == sorted(names), "two entries have the same doi or url"
    titles = [re.sub(r"\W+", "", entry.fields["title"]).lower() for entry in BIBLIOGRAPHY.entries.values()]
    assert len(set(titles)) == len(titles), "two entries have the same title"


def test_every_linked_paper_has_an_entry():
    known = set(entry_names())
    missing = [
        f"{path.name}: {address}"
        for path in SOURCES
        for address in sorted(addresses(path))
        if PAPER.search(address) and name_of(address) not in known
    ]
    assert not missing, "linked to, and not in references.bib"


def test_one_name_for_each_work():
    for address, name in (
        ("https://doi.org/10.1109/5.726791", "10.1109/5.726791"),
        ("http://dx.doi.org/10.1162/NECO_a_00052.", "10.1162/neco_a_00052"),
        ("https://arxiv.org/abs/1905.10498v2", "10.48550/arxiv.1905.10498"),
        ("https://arxiv.org/pdf/1905.10498.pdf", "10.48550/arxiv.1905.10498"),
        ("http://www.example.org/paper/", "example.org/paper"),
    ):
        assert name_of(address) == name


def test_a_bracket_in_an_address_survives(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "See [Neuron](https://doi.org/10.1016/S0896-6273(00)80984-8), then (https://doi.org/10.1/x)."
    )
    assert addresses(page) == {"https://doi.org/10.1016/S0896-6273(00)80984-8", "https://doi.org/10.1/x"}
