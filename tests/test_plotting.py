"""The figures that are more than one call of matplotlib: rows of dots, the timeline, a network's activations."""

import ast
import itertools
import re
import xml.etree.ElementTree as ElementTree

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

matplotlib.use("Agg")
from lenet_utils import paper, plotting
from lenet_utils.results import load_record
from scripts.chapters import read_chapter

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
    assert written == ["one", "1", ".0", "2", ".0"]


# What figure 10 asks for: nothing rejected at all, nearly everything rejected, and what lies between.
REJECTED = pd.DataFrame({"paper": [0.0, 0.2, 1.4, 8.1, 73.1]}, index=list("abcde"))
TICKS = (0, 0.5, 1, 3, 10, 30, 100)


def drawn(table, ticks):
    """The drawing of a table of one column, and x of its ticks."""
    drawing = ElementTree.fromstring(plotting.plot_dots(table, {"paper": "#111"}, "rows", ticks))
    lines = [path.get("d") for path in drawing.findall("path")]
    xs = [float(re.match(r"M([\d.]+) .*V", line)[1]) for line in lines]
    assert len(xs) == len(ticks)
    return drawing, dict(zip(ticks, xs, strict=True))


def test_every_dot_sits_where_its_value_belongs_on_an_axis_that_begins_at_zero():
    drawing, xs = drawn(REJECTED, TICKS)
    for row, value in zip(drawing.findall("g"), REJECTED["paper"], strict=True):
        assert not arrows(row)
        (x,) = places(row).values()
        low, high = max(tick for tick in TICKS if tick <= value), min(tick for tick in TICKS if tick > value)
        share = value / high if low == 0 else np.log(value / low) / np.log(high / low)
        assert x == pytest.approx(xs[low] + share * (xs[high] - xs[low]), abs=0.2), value
    assert 10 < xs[0.5] - xs[0] < 1.5 * (xs[100] - xs[30])


def test_each_axis_of_the_chapter_on_figures_9_and_10_reaches_its_records():
    record = load_record("figure9")["runs"]
    asked = {
        "plot_dots(short(figure9)": "test_error_percent",
        "plot_dots(short(figure10)": "rejected_percent",
    }
    source = "\n".join(cell.source for cell in read_chapter("rivals").cells if cell.cell_type == "code")
    for call, field in asked.items():
        ticks = ast.literal_eval(re.search(re.escape(call) + r".*?(\([\d., ]+\))", source)[1])
        rows_of_1998 = paper.TEST_ERROR_PERCENT if field == "test_error_percent" else paper.REJECTED_PERCENT
        values = [run[field] for run in record if run["variant"] in paper.TEST_ERROR_PERCENT and field in run]
        values += rows_of_1998.values()
        assert ticks[0] <= min(values) and max(values) <= ticks[-1], field


def test_decimal_points_stand_under_one_another():
    drawing, _ = drawn(REJECTED, TICKS)
    wholes, decimals = zip(*(row.findall("text")[1:] for row in drawing.findall("g")), strict=True)
    assert [w.text + d.text for w, d in zip(wholes, decimals, strict=True)] == [
        "0.0",
        "0.2",
        "1.4",
        "8.1",
        "73.1",
    ]
    assert {(text.get("x"), text.get("text-anchor")) for text in wholes} == {(wholes[0].get("x"), "end")}
    assert {(text.get("x"), text.get("text-anchor")) for text in decimals} == {(wholes[0].get("x"), "start")}
    two = plotting.plot_dots(REJECTED + 0.05, {"paper": "#111"}, "rows", TICKS)
    assert ">73<" in two and ">.15<" in two


def test_a_long_name_takes_two_lines_and_a_taller_row():
    table = REJECTED.rename(index={"b": "LeNet-4, K-NN on the last layer"})
    drawing, _ = drawn(table, TICKS)
    heights = [float(row.find("rect").get("height")) for row in drawing.findall("g")]
    tops = [float(row.find("rect").get("y")) for row in drawing.findall("g")]
    assert [text.text for text in drawing.findall("g")[1].findall("text")][:2] == [
        "LeNet-4, K-NN on the",
        "last layer",
    ]
    assert heights[1] > heights[0] == heights[2]
    for top, height, below in zip(tops, heights, tops[1:], strict=False):
        assert top + height == pytest.approx(below)


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


# --- Names of lines, and logarithmic axes


def label_boxes(axes):
    axes.figure.draw_without_rendering()
    return {text.get_text(): text.get_window_extent() for text in axes.texts}


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_names_of_lines_that_end_close_together_move_apart_and_keep_their_order(scale):
    figure, axes = plt.subplots()
    ends = {"lowest": 1.0, "one": 5.0, "two\nlines": 5.01, "three": 5.02, "highest": 9.0}
    for end in ends.values():
        axes.plot([0, 1], [3, end])
    axes.set(yscale=scale, ylim=(0.9, 10))
    for name, end in ends.items():
        plotting.label_line(axes, [0, 1], [3, end], name, "#111")
    boxes = label_boxes(axes)
    for lower, upper in itertools.pairwise(ends):
        assert boxes[lower].y1 < boxes[upper].y0
    for name in ("lowest", "highest"):  # far from the others, they stay at their lines' ends
        height = axes.transData.transform((1, ends[name]))[1]
        assert boxes[name].y0 < height < boxes[name].y1
    plt.close(figure)


def test_names_at_other_ends_stay_where_they_are():
    figure, axes = plt.subplots()
    axes.set(xlim=(0, 10), ylim=(0, 10))
    for x in (2, 8):
        plotting.label_line(axes, [0, x], [5, 5], f"ends at {x}", "#111")
    boxes = label_boxes(axes)
    assert boxes["ends at 2"].y0 == pytest.approx(boxes["ends at 8"].y0)
    plt.close(figure)


@pytest.mark.parametrize(
    "steps, limits, wanted",
    [
        ((1, 2, 5), (0.015, 12), ["0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5", "10"]),
        ((1,), (5e-6, 2e-3), ["0.00001", "0.0001", "0.001"]),
    ],
)
def test_a_logarithmic_axis_is_numbered_in_full(steps, limits, wanted):
    figure, axes = plt.subplots()
    axes.set(yscale="log", ylim=limits)
    plotting.plain_log_axis(axes.yaxis, steps=steps)
    figure.draw_without_rendering()
    low, high = limits
    labels = [text.get_text() for text in axes.get_yticklabels() if low <= text.get_position()[1] <= high]
    assert labels == wanted
    plt.close(figure)


@pytest.mark.parametrize(
    "old", ["show_pictures", "mistakes", "timeline", "dot_rows", "shares", "receptive_fields"]
)
def test_a_name_that_chapters_taught_still_works_and_warns(old):
    with pytest.warns(DeprecationWarning, match=f"plotting.{old} is now"):
        assert callable(getattr(plotting, old))


def test_helpers_that_became_one_still_work_and_warn():
    figure, axes = plt.subplots()
    axes.set(yscale="log", ylim=(0.05, 20), xlim=(0, 1))
    with pytest.warns(DeprecationWarning, match="plain_log_axis"):
        plotting.plain_decades(axes.yaxis)
    with pytest.warns(DeprecationWarning, match="label_line"):
        plotting.label_ends(axes, {"a": [1, 2], "b": [1, 3]}, {"a": "#111", "b": "#222"})
    assert [text.get_color() for text in axes.texts] == ["#111", "#222"]
    plt.close(figure)
