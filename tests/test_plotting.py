"""Figures that are drawn by hand rather than by matplotlib."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pandas as pd

from lenet_utils import plotting

TABLE = pd.DataFrame(
    {"paper": [1.0, 10.0, 0.1], "here": [2.0, np.nan, 3.0], "today": [np.nan, np.nan, 10.0]},
    index=["one", "two & <three>", "four"],
)
COLOURS = {"paper": "#111", "here": "#222", "today": "#333"}


def rows(**options):
    drawing = plotting.dot_rows(TABLE, COLOURS, "three rows", (1, 10), **options)
    found = ElementTree.fromstring(drawing)
    assert found.get("role") == "img" and found.get("aria-label") == "three rows"
    return found.findall("g")


def places(row):
    """Of each dot in a row, its colour and the middle of its shape."""
    found = {}
    for path in row.findall("path"):
        if path.get("stroke-width"):
            x = float(re.match(r"M(-?[\d.]+)", path.get("d"))[1])
            found[path.get("stroke")] = x + 6 if path.get("fill") in ("none", "#333") else x + 4
    return found


def test_every_number_has_its_dot_and_none_has_none():
    assert [set(places(row)) for row in rows()] == [{"#111", "#222"}, {"#111"}, {"#111", "#222", "#333"}]


def test_dots_stand_where_the_logarithm_puts_them_and_never_beyond_the_axis():
    one, two, four = map(places, rows())
    low, high = one["#111"], two["#111"]
    assert abs((one["#222"] - low) / (high - low) - np.log10(2)) < 0.01
    assert four["#111"] == low, "0.1 is below the axis"
    assert abs(four["#333"] - high) < 0.2


def test_a_row_says_its_numbers_or_the_note_it_was_given():
    assert [row.find("title").text for row in rows()][:2] == [
        "one: paper 1, here 2",
        "two & <three>: paper 10",
    ]
    assert rows(notes={"one": "more"})[0].find("title").text == "one: more"
    written = [text.text for text in rows()[0].findall("text")]
    assert written == ["one", "1", "2"]
