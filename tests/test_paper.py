"""What the paper says adds up, and can be read without TensorFlow."""

import subprocess
import sys
from collections import Counter

from lenet_utils import paper


def test_the_layers_add_up_to_the_papers_totals():
    assert sum(layer.parameters for layer in paper.LENET5) == paper.TRAINABLE_PARAMETERS == 60_000
    assert sum(layer.connections for layer in paper.LENET5) == paper.CONNECTIONS == 340_908


def test_lenet1s_layers_add_up_to_its_papers_totals():
    assert sum(layer.parameters for layer in paper.LENET1) == paper.LENET1_TOTAL_PARAMETERS == 2_578
    assert sum(layer.connections for layer in paper.LENET1) == paper.LENET1_TOTAL_CONNECTIONS == 98_442


def test_the_connections_follow_from_the_parameters():
    for layer in paper.LENET5 + paper.LENET1:
        if layer.kind.startswith("subsampling"):  # four values and a bias for each unit
            assert layer.connections == layer.maps * layer.side**2 * 5
            assert layer.parameters == 2 * layer.maps
        elif layer.parameters:  # each shared parameter is used once a place
            assert layer.connections == layer.parameters * layer.side**2


def test_c3_has_sixty_kernels_in_four_groups():
    assert Counter(map(len, paper.C3_TABLE)) == {3: 6, 4: 9, 6: 1}
    assert len({frozenset(seen) for seen in paper.C3_TABLE}) == 16
    kernels = sum(map(len, paper.C3_TABLE))
    assert kernels * 25 + 16 == {layer.name: layer.parameters for layer in paper.LENET5}["C3"]
    assert Counter(source for seen in paper.C3_TABLE for source in seen) == dict.fromkeys(range(6), 10)


def test_lenet1s_h3_has_twenty_kernels_in_two_separate_halves():
    assert Counter(map(len, paper.LENET1_TABLE)) == {1: 4, 2: 8}
    kernels = sum(map(len, paper.LENET1_TABLE))
    assert kernels * 25 + 12 == {layer.name: layer.parameters for layer in paper.LENET1}["H3"]
    assert Counter(source for seen in paper.LENET1_TABLE for source in seen) == dict.fromkeys(range(4), 5)
    assert {source for seen in paper.LENET1_TABLE[:6] for source in seen} == {0, 1}


def test_lenet4s_parameters_do_not_fit_its_layers():
    *_, maps, units, _ = paper.LENET4_MAPS
    assert units * (maps * 5**2 + 1) > paper.LENET4_PARAMETERS


def test_the_schedule_has_twenty_falling_passes():
    rates = paper.LEARNING_RATES
    assert list(rates) == sorted(rates, reverse=True)
    assert list(Counter(rates).values()) == [2, 3, 3, 4, 8]
    smallest, largest = paper.FIRST_PASS_RATES
    assert smallest < largest < rates[0] / paper.MU  # every curvature is positive


def test_training_with_distortions_shows_each_pattern_twice():
    shown = len(paper.LEARNING_RATES) * paper.TRAINING_PATTERNS
    assert shown == 2 * (paper.TRAINING_PATTERNS + paper.DISTORTED_PATTERNS)


def test_figure_8_fits_the_network_trained_with_distortions():
    percent = 100 * paper.FIGURE_8_ERRORS / 10_000
    assert round(percent, 1) == paper.TEST_ERROR_PERCENT["LeNet-5, distortions"]
    assert paper.TRAINING_CURVE["test error, %"] == paper.TEST_ERROR_PERCENT["LeNet-5"] > percent


def test_the_bitmaps_are_ten_different_7_by_12_pictures():
    assert len(set(paper.RBF_BITMAPS)) == 10
    for glyph in paper.RBF_BITMAPS:
        assert len(glyph) == 12
        assert all(len(row) == 7 and set(row) <= {"#", "."} for row in glyph)
    assert paper.RBF_BITMAPS[1][:2] == ("...##..", "..###..")
    assert paper.RBF_BITMAPS[7][0] == "#######"
    assert {digit for digit, glyph in enumerate(paper.RBF_BITMAPS) if glyph[1] == "......."} == {0, 2, 4, 5}


def test_the_centres_of_c3_cover_the_digit():
    # Unit i of C3 sees pixels 2i to 2i + 13; its centre stands for two pixels.
    first, last = (0 + 13) / 2, (18 + 18 + 13) / 2
    assert last - first + 2 == paper.DIGIT_SIDE
    assert first - 0.5 == (paper.INPUT_SIDE - paper.DIGIT_SIDE) / 2


def test_reading_the_paper_needs_no_tensorflow():
    code = "import sys, lenet_utils.paper; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_figures_10_to_12_are_about_rows_of_figure_9():
    for figure in (paper.REJECTED_PERCENT, paper.MULTIPLY_ADDS, paper.STORED_NUMBERS):
        assert set(figure) <= set(paper.TEST_ERROR_PERCENT)
    assert "LeNet-5" not in paper.REJECTED_PERCENT
    assert set(paper.STORED_NUMBERS) == set(paper.MULTIPLY_ADDS)
    assert paper.STORED_NUMBERS["LeNet-5"] == 60
