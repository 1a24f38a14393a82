"""The book's figures: one look, and what several chapters draw.

    style       colours, type, names of lines, logarithmic axes
    pictures    images as sheets, inside a network, and misclassified
    networks    a network's layers, connections, receptive fields and shares of the work
    charts      training curves, timelines, rows of dots

A name says what it does: `show_…` shows images, `draw_…` a network, `plot_…` numbers.
"""

from lenet_utils._renamed import renamed
from lenet_utils.plotting.charts import plot_dots, plot_timeline, plot_training_curves
from lenet_utils.plotting.networks import (
    draw_connection_table,
    draw_network,
    draw_receptive_fields,
    plot_shares,
)
from lenet_utils.plotting.pictures import (
    plot_confusion_matrix,
    plot_mistakes,
    plot_scatter,
    show_activations,
    show_images,
)
from lenet_utils.plotting.style import (
    BLUE,
    COLOURS,
    DIGITS,
    GOLD,
    GREEN,
    GRID,
    HEAT,
    INK,
    MUTED,
    ORANGE,
    PAPER,
    PURPLE,
    SIGNED,
    SKY,
    TEN_COLOURS,
    WIDTH,
    label_ends,
    label_line,
    plain_decades,
    plain_log_axis,
    use_style,
)

__all__ = [
    "BLUE",
    "COLOURS",
    "DIGITS",
    "GOLD",
    "GREEN",
    "GRID",
    "HEAT",
    "INK",
    "MUTED",
    "ORANGE",
    "PAPER",
    "PURPLE",
    "SIGNED",
    "SKY",
    "TEN_COLOURS",
    "WIDTH",
    "draw_connection_table",
    "draw_network",
    "draw_receptive_fields",
    "label_ends",
    "label_line",
    "plain_decades",
    "plain_log_axis",
    "plot_confusion_matrix",
    "plot_dots",
    "plot_mistakes",
    "plot_scatter",
    "plot_shares",
    "plot_timeline",
    "plot_training_curves",
    "show_activations",
    "show_images",
    "use_style",
]

__getattr__ = renamed(
    __name__,
    {
        "confusion_matrix": "plot_confusion_matrix",
        "connection_table": "draw_connection_table",
        "dot_rows": "plot_dots",
        "mistakes": "plot_mistakes",
        "receptive_fields": "draw_receptive_fields",
        "scatter_digits": "plot_scatter",
        "shares": "plot_shares",
        "show_pictures": "show_images",
        "timeline": "plot_timeline",
        "training_curves": "plot_training_curves",
    },
)
