"""The history chapter's own figure: the timeline keeps its labels apart and in their eras' colours."""

import itertools

import matplotlib
import matplotlib.pyplot as plt
import pytest

matplotlib.use("Agg")
from lenet_utils import plotting

ERAS = [(1958, 1989, "early", plotting.PURPLE), (1989, 2024, "late", plotting.GREEN)]


@pytest.mark.parametrize(
    "years", [[1959, 1989, 2020], [1989] * 12, [1958, 1958, 1959, 2023, 2024, 2024], list(range(1980, 1999))]
)
def test_labels_stay_apart_inside_the_figure_and_in_order(years):
    plotting.use_style()
    events = [(year, f"headline {number}", f"detail {number}") for number, year in enumerate(years)]
    figure = plotting.timeline(events, ERAS)
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
    figure = plotting.timeline([(1988, "a", ""), (1989, "b", ""), (2024, "c", "")], ERAS)
    colours = {text.get_text(): text.get_color() for text in figure.axes[0].texts}
    assert [colours[year] for year in ("1988", "1989", "2024")] == [ERAS[0][3], ERAS[1][3], ERAS[1][3]]
    plt.close(figure)
