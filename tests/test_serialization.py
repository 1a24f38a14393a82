"""Weights for the page on which one draws: what is written is what the browser needs, and nothing else is."""

import base64
import json

import numpy as np
import pytest

from lenet_utils import models, paper, reference
from lenet_utils.data import to_lenet_input
from lenet_utils.serialization import WEIGHTS, export_weights, named_weights
from scripts.build_playground import examples, letter


@pytest.fixture(scope="module")
def model():
    return models.lenet5_1998(weights="mnist")


def numbers_of(file: dict) -> dict[str, np.ndarray]:
    every, found, start = np.frombuffer(base64.b64decode(file["numbers"]), "<f4"), {}, 0
    for name, shape in file["shapes"].items():
        found[name] = every[start : start + np.prod(shape)].reshape(shape)
        start += np.prod(shape)
    assert start == len(every)
    return found


def test_the_file_says_what_it_is_and_holds_every_weight(model, tmp_path):
    path = export_weights(
        model, tmp_path / "new folder" / "mine.json", source="a test", test_error_percent=1.5
    )
    file = json.loads(path.read_text())
    assert (file["source"], file["test_error_percent"], file["refusals"]) == ("a test", 1.5, [])
    found, wanted = numbers_of(file), named_weights(model)
    assert found.keys() == wanted.keys()
    for name in set(wanted) - {"C1/kernel", "C3/kernel", "C5/kernel"}:
        np.testing.assert_array_equal(found[name], wanted[name])


def test_kernels_lie_one_after_the_other_in_the_order_of_the_table(model, tmp_path):
    found = numbers_of(json.loads(export_weights(model, tmp_path / "mine.json").read_text()))
    weights = named_weights(model)
    connection = 0
    for written, read_maps in enumerate(paper.C3_TABLE):
        for _ in read_maps:
            np.testing.assert_array_equal(
                found["C3/kernel"][connection], weights["C3/kernel"][:, :, connection]
            )
            connection += 1
        for read in range(16):
            np.testing.assert_array_equal(
                found["C5/kernel"][16 * written + read], weights["C5/kernel"][:, :, read, written]
            )
    np.testing.assert_array_equal(found["C1/kernel"][4], weights["C1/kernel"][:, :, 0, 4])


def test_another_network_is_refused_by_name(tmp_path):
    with pytest.raises(ValueError, match=r"lenet5_1998.*S2/coefficient"):
        export_weights(models.lenet5(), tmp_path / "mine.json")
    assert not (tmp_path / "mine.json").exists()


def test_diverged_weights_are_refused(tmp_path):
    diverged = models.lenet5_1998()
    diverged.get_layer("F6").bias.assign(np.full(84, np.nan))
    with pytest.raises(ValueError, match="diverged"):
        export_weights(diverged, tmp_path / "mine.json")


def test_examples_are_what_their_names_say(model):
    lists = examples(model)
    pictures = np.array([np.frombuffer(base64.b64decode(one["picture"]), np.uint8) for one in lists])
    pictures = pictures.reshape(-1, 28, 28)
    signals = reference.LeNet5(WEIGHTS["lenet5_1998"]["mnist"]).distances(
        to_lenet_input(pictures)
    )  # the other implementation judges
    answers = signals.argmin(axis=1)
    seen = [(one["name"], answer) for one, answer in zip(lists, answers, strict=True)]
    assert [answer for name, answer in seen if name.startswith("A handwritten")] == list(range(10))
    misread = [(name, answer) for name, answer in seen if "is read as" in name]
    assert len(misread) == 5
    for name, answer in misread:
        assert name.endswith(f"read as a {answer}") and not name.startswith(f"A {answer} ")
    assert {one["group"] for one in lists} >= {"Misread", "Not digits", "Moved and turned"}


def test_letters_are_drawn_inside_their_field():
    picture = letter([[(8, 4), (8, 24)], [(20, 4), (20, 24)]])
    assert picture.shape == (28, 28) and picture.dtype == np.uint8
    assert picture.max() == 255 and not picture[:, 13:15].any() and not picture[:2].any()
