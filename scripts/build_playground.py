"""Put the playground into the built book: its scripts, the weights it runs with, and its examples.

The weights are the package's own `lenet5_1998(weights="mnist")`; what the slider says is measured on the sample's
training digits, and the examples are of its test digits, none of which trained these weights.
"""

import base64
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from lenet_utils import models
from lenet_utils.data import load_mnist, to_lenet_input
from lenet_utils.distortions import transform
from lenet_utils.evaluation import classify, rejection_curve
from lenet_utils.results import load_record
from lenet_utils.serialization import export_weights

ROOT = Path(__file__).resolve().parent.parent
LETTERS = {  # lines between points of a 28×28 field
    "A": [[(6, 23), (14, 4), (22, 23)], [(9, 16), (19, 16)]],
    "H": [[(8, 4), (8, 24)], [(20, 4), (20, 24)], [(8, 14), (20, 14)]],
    "W": [[(3, 5), (8, 23), (14, 9), (20, 23), (25, 5)]],
}


def write_weights(model, path: Path) -> None:
    """The shipped weights with their recorded error and their refusals, as a script that defines WEIGHTS."""
    record = load_record("pretrained_lenet5_1998")
    unseen = load_mnist("sample")
    distances = model.predict(to_lenet_input(unseen.x_train), batch_size=100, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        file = export_weights(
            model,
            Path(folder) / "weights.json",
            source='lenet5_1998(weights="mnist")',
            test_error_percent=record["runs"][0]["test_error_percent"],
            refusals=rejection_curve(distances, unseen.y_train),
        )
        path.write_text(f"const WEIGHTS = {json.dumps(file.read_text())};\n")


def examples(model) -> list[dict]:
    """Pictures to try: a digit of each class that is read, some that are not, moved ones, and what is no digit."""
    unseen = load_mnist("sample")
    pictures, labels = unseen.x_test, unseen.y_test
    answers = classify(model, to_lenet_input(pictures))
    right, wrong = np.flatnonzero(answers == labels), np.flatnonzero(answers != labels)
    first_of_each = [right[labels[right] == digit][0] for digit in range(10)]
    two, four = (pictures[first_of_each[digit]] for digit in (2, 4))
    found = [(f"A handwritten {labels[n]}", "Digits it has never seen", pictures[n]) for n in first_of_each]
    found += [(f"A {labels[n]} that is read as a {answers[n]}", "Misread", pictures[n]) for n in wrong[:5]]
    found += [
        ("A 2 pushed into a corner", "Moved and turned", moved(two, shift=(6, -5), scale=0.6)),
        ("A 4 turned by 40 degrees", "Moved and turned", moved(four, rotation=40)),
        ("A 4 on its head", "Moved and turned", moved(four, rotation=180)),
    ]
    noise = np.random.default_rng(1998).integers(0, 256, (28, 28), dtype=np.uint8)
    found += [(f"The letter {name}", "Not digits", letter(lines)) for name, lines in LETTERS.items()]
    found += [("Noise", "Not digits", noise)]
    return [
        {"name": name, "group": group, "picture": base64.b64encode(picture.tobytes()).decode()}
        for name, group, picture in found
    ]


def moved(picture: np.ndarray, **how) -> np.ndarray:
    ink = transform(picture[None, :, :, None] / np.float32(255), background=0.0, **how)[0, :, :, 0]
    return np.round(255 * ink.clip(0, 1)).astype(np.uint8)


def letter(lines: list) -> np.ndarray:
    """Lines with soft edges: drawn ten times as large, then made small."""
    large = Image.new("L", (280, 280))
    for line in lines:
        points = [(10 * x, 10 * y) for x, y in line]
        ImageDraw.Draw(large).line(points, fill=255, width=24, joint="curve")
    return np.asarray(large.resize((28, 28), Image.Resampling.BOX))


def main(folder: str) -> int:
    target = Path(folder)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(ROOT / "playground", target)
    model = models.lenet5_1998(weights="mnist")
    write_weights(model, target / "weights.js")
    (target / "examples.js").write_text(f"const EXAMPLES = {json.dumps(examples(model))};\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
