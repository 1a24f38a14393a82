"""What the paper says, as data: layers, C3's table, training schedule, errors; and the smaller LeNets.

"The paper" is LeCun, Bottou, Bengio and Haffner, *Gradient-Based Learning Applied to Document
Recognition*, Proceedings of the IEEE 86(11), 2278–2324, 1998, doi:10.1109/5.726791.
Nothing here is measured by this book but `DEFAULT_COEFFICIENT`. Needs nothing but Python.
"""

from typing import NamedTuple


class PaperLayer(NamedTuple):
    """One layer of a network as its paper describes it: LeNet-5 in section II.B, LeNet-1 in 1990.

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

RBF_CENTRES = tuple(tuple(1 if cell == "#" else -1 for row in glyph for cell in row) for glyph in RBF_BITMAPS)
"""The same as numbers, the centres of the ten radial basis functions: ten times 84 cells, row by row."""

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

REJECTED_PERCENT = {
    "K-NN, deslanted": 8.1,
    "SVM, polynomial 4": 1.8,
    "tangent distance, 16×16": 1.9,
    "20×20-300-10, deslanted": 3.2,
    "LeNet-1, 16×16": 3.7,
    "LeNet-4": 1.8,
    "LeNet-4, K-NN on the last layer": 1.6,
    "LeNet-4, local learning": 1.4,
    "boosted LeNet-4, distortions": 0.5,
}
"""Figure 10: test digits rejected so that 0.5% of the others are misclassified. LeNet-5 is not among the bars."""

MULTIPLY_ADDS = {
    "linear": 4,
    "pairwise linear": 36,
    "40 PCA + quadratic": 39,
    "1000 RBF + linear": 794,
    "K-NN, deslanted": 24_000,
    "tangent distance, 16×16": 20_000,
    "SVM, polynomial 4": 14_000,
    "reduced-set SVM, polynomial 5": 650,
    "virtual SVM, polynomial 9, distortions": 28_000,
    "20×20-300-10, deslanted": 123,
    "28×28-1000-10": 795,
    "28×28-300-100-10": 267,
    "28×28-500-150-10": 469,
    "LeNet-1, 16×16": 100,
    "LeNet-4": 260,
    "LeNet-4, K-NN on the last layer": 10_000,
    "LeNet-4, local learning": 20_000,
    "LeNet-5": 401,
    "boosted LeNet-4, distortions": 460,
}
"""Figure 11: thousands of multiply–accumulate operations for one digit."""

STORED_NUMBERS = MULTIPLY_ADDS | {
    "pairwise linear": 35,
    "40 PCA + quadratic": 40,
    "tangent distance, 16×16": 25_000,
    "LeNet-1, 16×16": 3,
    "LeNet-4": 17,
    "LeNet-4, K-NN on the last layer": 24_000,
    "LeNet-4, local learning": 24_000,
    "LeNet-5": 60,
    "boosted LeNet-4, distortions": 51,
}
"""Figure 12: thousands of numbers to be kept."""

ROBUSTNESS = {
    "scale factor": 2.0,
    "vertical shift, fraction of the character's height": 0.5,
    "rotation, degrees": 30.0,
}
"""Section III, on invariance and noise resistance: LeNet-5 withstands variations "up to about" these."""

NOISE_FLIP_PROBABILITY = 0.1
"""Ibid.: a network meant for noisy characters was trained with pixels flipped this often."""

INITIAL_RANGE = 2.4
"""Initial weights are uniform in ± this / fan-in (appendix A)."""

LUSH_COEFFICIENT = 0.5
"""What subsampling coefficients start with in the authors' own later code, written in their Lisp called Lush."""

DEFAULT_COEFFICIENT = 0.8
"""What they start with in this book. The paper does not say; the study `search_1998` found no better value."""

LEARNING_RATES = (5e-4,) * 2 + (2e-4,) * 3 + (1e-4,) * 3 + (5e-5,) * 4 + (1e-5,) * 8
"""η of each of the 20 passes (section III.B).

In each, the patterns come one at a time and in the same random order (appendix C).
"""

MU = 0.02
"""μ in ε = η / (μ + h) (section III.B)."""

CURVATURE_SAMPLES = 500
"""Patterns on which the curvatures h are estimated before each pass and kept through it (section III.B)."""

FIRST_PASS_RATES = (7e-5, 0.016)
"""The smallest and the largest ε of the first pass, about (section III.B)."""

TRAINING_CURVE = {
    "test error, %": 0.95,
    "passes until the test error settles": 10,
    "training error, %": 0.35,
    "passes until that training error": 19,
}
"""Section III.B and figure 5, without distortions.

Figure 5's training error is the average over a pass, taken while the weights change.
"""

TRAINING_PATTERNS = 60_000
DISTORTED_PATTERNS = 540_000
"""Added to the originals for the training with distortions; 20 passes of 60,000 all the same (section III.B)."""

FIGURE_8_ERRORS = 82
"""The test digits that figure 8 shows: "all" that LeNet-5 gets wrong, the text says; 0.82 % of 10,000."""

LENET1 = (
    PaperLayer("H1", "convolution 5×5", 4, 24, 104, 59_904),
    PaperLayer("H2", "subsampling 2×2", 4, 12, 8, 2_880),
    PaperLayer("H3", "convolution 5×5, partial", 12, 8, 512, 32_768),
    PaperLayer("H4", "subsampling 2×2", 12, 4, 24, 960),
    PaperLayer("output", "fully connected", 10, 1, 1_930, 1_930),
)
"""LeNet-1 (section III.C), as LeCun et al. describe it in *Handwritten Digit Recognition with a
Back-Propagation Network*, NIPS 2, 396–404, 1990: a 16×16 image in the middle of a 28×28 input.

Only the totals are printed there; the rows follow from its description and add up to them.
"""

LENET1_TABLE = (
    (0,), (0, 1), (0, 1), (1,), (0, 1), (0, 1),
    (2,), (2, 3), (2, 3), (3,), (2, 3), (2, 3),
)  # fmt: skip
"""The H2 maps that each of LeNet-1's twelve H3 maps sees: table 1 of the 1990 paper, counted from 0."""

LENET1_TOTAL_PARAMETERS = 2_578
LENET1_TOTAL_CONNECTIONS = 98_442
"""The 1990 paper's totals; the 1998 paper rounds them to 2,600 and 100,000 multiply–adds (section III.C)."""

LENET4_MAPS = (4, 8, 16, 16, 120, 10)
"""Maps or units of LeNet-4's layers, the two subsamplings second and fourth (section III.C).

The eight are "connected in pairs" to the four; which of them the third layer sees is not given.
"""

LENET4_CONNECTIONS = 260_000
LENET4_PARAMETERS = 17_000
"""LeNet-4's size, "about" (section III.C); figure 11 has the same 260,000 as multiply–adds.

The second cannot be right if the 120 units see all of the sixteen maps, which then are 5×5: those
connections alone have 48,120 parameters.
"""
