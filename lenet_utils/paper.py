"""What the paper says, as data: layers, C3's table, training schedule, errors.

"The paper" is LeCun, Bottou, Bengio and Haffner, *Gradient-Based Learning Applied to Document
Recognition*, Proceedings of the IEEE 86(11), 2278–2324, 1998, doi:10.1109/5.726791.
Nothing here is measured by this book. Needs nothing but Python.
"""

from typing import NamedTuple


class PaperLayer(NamedTuple):
    """One layer of LeNet-5 as section II.B describes it.

    `maps` feature maps of `side` × `side` units; `parameters` that are trained; `connections`, each of
    which carries one value into one unit (biases counted).
    """

    name: str
    kind: str
    maps: int
    side: int
    parameters: int
    connections: int


LENET5 = (
    PaperLayer("C1", "convolution 5×5", 6, 28, 156, 122_304),
    PaperLayer("S2", "subsampling 2×2", 6, 14, 12, 5_880),
    PaperLayer("C3", "convolution 5×5, partial", 16, 10, 1_516, 151_600),
    PaperLayer("S4", "subsampling 2×2", 16, 5, 32, 2_000),
    PaperLayer("C5", "convolution 5×5", 120, 1, 48_120, 48_120),
    PaperLayer("F6", "fully connected", 84, 1, 10_164, 10_164),
    PaperLayer("output", "Euclidean RBF", 10, 1, 0, 840),
)
"""Section II.B and figure 2. C5, F6 and the output have one unit a map.

The text does not spell out the connections of F6 and the output; theirs follow from its rule, and the sum is
the paper's total.
"""

INPUT_SIDE = 32
"""The input is 32×32 although no digit fills more than 20×20 of it (section II.B)."""

DIGIT_SIDE = 20
"""The largest digit, and the side of the area that the centres of C3's receptive fields form (ibid.)."""

TRAINABLE_PARAMETERS = 60_000
CONNECTIONS = 340_908
"""The paper's own totals (end of section II.A)."""

C3_TABLE = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (4, 5, 0), (5, 0, 1),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (3, 4, 5, 0), (4, 5, 0, 1), (5, 0, 1, 2),
    (0, 1, 3, 4), (1, 2, 4, 5), (2, 3, 5, 0),
    (0, 1, 2, 3, 4, 5),
)  # fmt: skip
"""Table I: the S2 maps that each of the sixteen C3 maps sees."""

_FIGURE_3 = """
.#####.  ...##..  .#####.  #######  .#####.  .#####.  ..####.  #######  .#####.  .#####.
.......  ..###..  .......  .....##  .......  .......  .##....  .....##  ##...##  ##..###
..###..  .####..  .#####.  ....##.  .......  #######  ##.....  .....##  ##...##  ##...##
.##.##.  ...##..  ##...##  ...##..  .##..##  ##.....  ##.....  ....##.  ##...##  ##...##
##...##  ...##..  #....##  ..####.  .##..##  ##.....  ######.  ...##..  .#####.  ##..###
##...##  ...##..  ....##.  .....##  ###..##  .####..  ###..##  ...##..  ##...##  .######
##...##  ...##..  ..###..  .....##  ##...##  ..####.  ##...##  ..##...  ##...##  .....##
##...##  ...##..  .##....  .....##  ##...##  .....##  ##...##  ..##...  ##...##  .....##
.##.##.  ...##..  ##.....  ##...##  ##..###  ##...##  ###..##  ..##...  ##...##  ....##.
..###..  .######  #######  .#####.  .######  .#####.  .#####.  ..##...  .#####.  .####..
.......  .......  .......  .......  .....##  .......  .......  .......  .......  .......
.......  .......  .......  .......  .....##  .......  .......  .......  .......  .......
"""

RBF_BITMAPS = tuple(zip(*(line.split() for line in _FIGURE_3.split("\n") if line), strict=True))
"""The digits 0 to 9 of figure 3, which are the output's fixed weights: twelve rows of seven cells each.

# is +1, . is -1. Read off a scan. Of the 840 cells 830 were confirmed by sampling it; the other ten lie in
the outer columns, where the scan blurs into the frame, and follow the symmetry of their glyph. The bar above
0, 2, 4 and 5 is in the figure: in that character set it tells look-alikes apart.
"""

SQUASH_AMPLITUDE = 1.7159
SQUASH_SLOPE = 2 / 3
"""f(a) = A tanh(S a), appendix A."""

INPUT_BACKGROUND = -0.1
INPUT_FOREGROUND = 1.175
"""White and black of the input (section II.B)."""

TEST_ERROR_PERCENT = {
    "linear": 12.0,
    "linear, deslanted": 8.4,
    "pairwise linear": 7.6,
    "K-NN, Euclidean": 5.0,
    "K-NN, deslanted": 2.4,
    "40 PCA + quadratic": 3.3,
    "1000 RBF + linear": 3.6,
    "SVM, polynomial 4": 1.1,
    "reduced-set SVM, polynomial 5": 1.0,
    "virtual SVM, polynomial 9, distortions": 0.8,
    "tangent distance, 16×16": 1.1,
    "28×28-300-10": 4.7,
    "28×28-300-10, distortions": 3.6,
    "20×20-300-10, deslanted": 1.6,
    "28×28-1000-10": 4.5,
    "28×28-1000-10, distortions": 3.8,
    "28×28-300-100-10": 3.05,
    "28×28-300-100-10, distortions": 2.5,
    "28×28-500-150-10": 2.95,
    "28×28-500-150-10, distortions": 2.45,
    "LeNet-1, 16×16": 1.7,
    "LeNet-4": 1.1,
    "LeNet-4, K-NN on the last layer": 1.1,
    "LeNet-4, local learning": 1.1,
    "LeNet-5": 0.95,
    "LeNet-5, distortions": 0.8,
    "boosted LeNet-4, distortions": 0.7,
}
"""Figure 9: test error on MNIST, to about ± 0.1 points (section III.C)."""

ROBUSTNESS = {
    "scale factor": 2.0,
    "vertical shift, fraction of the character's height": 0.5,
    "rotation, degrees": 30.0,
}
"""Section III, on invariance and noise resistance: LeNet-5 withstands variations "up to about" these."""

NOISE_FLIP_PROBABILITY = 0.1
"""Ibid.: a network meant for noisy characters was trained with pixels flipped this often."""
