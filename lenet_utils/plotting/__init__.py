"""Every figure style in one place, and the figures that chapters share.

`style` has the look, `pictures` images and classifiers, `networks` drawings of a network, `charts` the figures of one
chapter each.
"""

from lenet_utils._renamed import renamed
from lenet_utils.plotting.charts import plot_dots, plot_timeline
from lenet_utils.plotting.networks import (
    draw_connection_table,
    draw_network,
    draw_receptive_fields,
    plot_shares,
    show_activations,
)
from lenet_utils.plotting.pictures import (
    plot_confusion_matrix,
    plot_mistakes,
    plot_scatter,
    plot_training_curves,
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
    "BLUE", "COLOURS", "DIGITS", "GOLD", "GREEN", "GRID", "HEAT", "INK", "MUTED", "ORANGE", "PAPER", "PURPLE", "SIGNED",
    "SKY", "TEN_COLOURS", "WIDTH", "draw_connection_table", "draw_network", "draw_receptive_fields", "label_ends",
    "label_line", "plain_decades", "plain_log_axis", "plot_confusion_matrix", "plot_dots", "plot_mistakes",
    "plot_scatter", "plot_shares", "plot_timeline", "plot_training_curves", "show_activations", "show_images",
    "use_style",
]  # fmt: skip

__getattr__ = renamed(
    __name__,
    {
        "show_pictures": "show_images",
        "mistakes": "plot_mistakes",
        "confusion_matrix": "plot_confusion_matrix",
        "training_curves": "plot_training_curves",
        "timeline": "plot_timeline",
        "dot_rows": "plot_dots",
        "shares": "plot_shares",
        "scatter_digits": "plot_scatter",
        "connection_table": "draw_connection_table",
        "receptive_fields": "draw_receptive_fields",
    },
)
