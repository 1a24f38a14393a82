"""The figures that are more than one call of matplotlib: rows of dots, the timeline, a network's activations."""

import itertools
import re
import xml.etree.ElementTree as ElementTree

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

matplotlib.use("Agg")
from lenet_utils import plotting

TABLE = pd.DataFrame(
    {"paper": [1.0, 10.0, 0.1], "here": [2.0, np.nan, 3.0], "today": [np.nan, np.nan, 10.0]},
    index=["one", "two & <three>", "four"],
)
COLOURS = {"paper": "#111", "here": "#222", "today": "#333"}


def rows(ticks=(1, 10), **options):
    drawing = plotting.plot_dots(TABLE, COLOURS, "three rows", ticks, **options)
    found = ElementTree.fromstring(drawing)
    assert found.get("role") == "img" and found.get("aria-label") == "three rows"
    return found.findall("g")


def places(row):
    """Of each dot in a row, its colour and the middle of its shape."""
    found = {}
    for path in row.findall("path"):
        if path.get("stroke-width"):
            x = float(re.match(r"M(-?[\d.]+)", path.get("d"))[1])
            radius = 6 if path.get("fill") in ("none", "#333") else 4
            if re.search(r"l-?8 5l", path.get("d")):  # an arrow begins at the axis' end
                radius = 0
            found[path.get("stroke")] = x + radius
    return found


def arrows(row):
    """Of each arrow in a row, its colour and the way it points."""
    found = {path.get("stroke"): re.search(r"l(-?)8 5l", path.get("d")) for path in row.findall("path")}
    return {colour: "left" if arrow[1] else "right" for colour, arrow in found.items() if arrow}


def test_every_number_has_its_dot_and_none_has_none():
    assert [set(places(row)) for row in rows()] == [{"#111", "#222"}, {"#111"}, {"#111", "#222", "#333"}]


def test_dots_stand_where_the_logarithm_puts_them_and_arrows_where_the_axis_ends():
    one, two, four = map(places, rows())
    low, high = one["#111"], two["#111"]
    assert abs((one["#222"] - low) / (high - low) - np.log10(2)) < 0.01
    assert four["#111"] == low, "0.1 is below the axis"
    assert abs(four["#333"] - high) < 0.2
    assert [arrows(row) for row in rows()] == [{}, {}, {"#111": "left"}]
    assert [arrows(row) for row in rows(ticks=(1, 5))] == [
        {},
        {"#111": "right"},
        {"#111": "left", "#333": "right"},
    ]


def test_a_row_says_its_numbers_or_the_note_it_was_given():
    assert [row.find("title").text for row in rows()][:2] == [
        "one: paper 1, here 2",
        "two & <three>: paper 10",
    ]
    assert rows(notes={"one": "more"})[0].find("title").text == "one: more"
    written = [text.text for text in rows()[0].findall("text")]
    assert written == ["one", "1.00", "2.00"]


def test_the_axis_has_the_title_it_was_given():
    drawing = ElementTree.fromstring(plotting.plot_dots(TABLE, COLOURS, "rows", (1, 10), title="error, %"))
    assert "error, %" in [text.text for text in drawing.findall("text")]


# --- The timeline

ERAS = [(1958, 1989, "early", plotting.PURPLE), (1989, 2024, "late", plotting.GREEN)]


@pytest.mark.parametrize(
    "years", [[1959, 1989, 2020], [1989] * 12, [1958, 1958, 1959, 2023, 2024, 2024], list(range(1980, 1999))]
)
def test_labels_stay_apart_inside_the_figure_and_in_order(years):
    plotting.use_style()
    events = [(year, f"headline {number}", f"detail {number}") for number, year in enumerate(years)]
    figure = plotting.plot_timeline(events, ERAS)
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    texts = {text.get_text(): text.get_window_extent(renderer) for text in figure.axes[0].texts}
    boxes = [texts[name] for _, headline, detail in events for name in (headline, detail)]
    for upper, lower in itertools.pairwise(boxes):
        assert upper.y0 > lower.y0, "the order of the events is kept"
        assert not upper.overlaps(lower), "two labels overlap"
    assert boxes[0].y1 <= figure.bbox.y1
    assert boxes[-1].y0 >= 0
    plt.close(figure)


def test_an_event_has_its_eras_colour():
    figure = plotting.plot_timeline([(1988, "a", ""), (1989, "b", ""), (2024, "c", "")], ERAS)
    colours = {text.get_text(): text.get_color() for text in figure.axes[0].texts}
    assert [colours[year] for year in ("1988", "1989", "2024")] == [ERAS[0][3], ERAS[1][3], ERAS[1][3]]
    plt.close(figure)


# --- A network's activations


def test_every_feature_map_and_unit_of_lenet5_is_drawn():
    shapes = {"C1": (28, 28, 6), "S2": (14, 14, 6), "C3": (10, 10, 16), "S4": (5, 5, 16)}
    activations = {name: np.ones(shape) for name, shape in shapes.items()}
    activations |= {"C5": np.ones(120), "F6": np.ones(84), "output": np.eye(10)[7]}
    figure = plotting.show_activations(np.zeros((32, 32, 1)), activations)
    assert len(figure.axes) == 1 + 6 + 6 + 16 + 16 + 3
    assert {"C1", "6 maps\n28×28", "120 units", "surest: 7,\n100.0%"} <= {
        text.get_text() for text in figure.texts
    }
    boxes = [axes.get_position() for axes in figure.axes]
    assert all(box.y0 >= 0 and box.y1 <= 1 for box in boxes)
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    plt.close(figure)
