"""Digits become the network's input, and what is no digit is rejected with a remedy."""

import io
import math
import warnings

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from lenet_utils.data import load_mnist, prepare_image, to_lenet_input
from tests.book.hands import HANDS, UPRIGHT


@pytest.fixture(scope="module")
def mnist():
    return load_mnist("sample")


@pytest.fixture(scope="module")
def answer():
    """A function: prepared digits → the classes that the trained network of 1998 gives them."""
    from lenet_utils.models import lenet5_1998

    model = lenet5_1998(weights="mnist")
    return lambda x: model.predict(np.concatenate(x), verbose=0).argmin(axis=1).tolist()


def drawn(strokes, side=280, pen=0.075):
    """Black strokes on white paper, as an image of PIL in grey."""
    fine = 2 * side
    image = Image.new("L", (fine, fine), "white")
    pencil, width = ImageDraw.Draw(image), round(pen * fine)
    for stroke in strokes:
        points = [(x * fine, y * fine) for x, y in stroke]
        pencil.line(points, fill="black", width=width, joint="curve")
        for x, y in points:
            pencil.ellipse([x - width / 2, y - width / 2, x + width / 2, y + width / 2], fill="black")
    return image.resize((side, side), Image.Resampling.BOX)


def photographed(image, noise=4.0, shadow=0.3, ink=50, paper=190):
    """The same on grey paper, blurred, in uneven light, with noise: uint8, (height, width)."""
    share = np.asarray(image.filter(ImageFilter.GaussianBlur(1)), float) / 255
    y, x = np.mgrid[-1 : 1 : share.shape[0] * 1j, -1 : 1 : share.shape[1] * 1j]
    light = 1 + shadow * (x + y / 2) / 1.5 - 0.1 * (x**2 + y**2)
    noisy = (ink + (paper - ink) * share) * light + np.random.default_rng(0).normal(0, noise, share.shape)
    return noisy.clip(0, 255).round().astype(np.uint8)


def test_a_digit_becomes_the_networks_input():
    digits = np.zeros((2, 28, 28), np.uint8)
    digits[1, 0, 27] = 255
    x = to_lenet_input(digits)
    assert x.shape == (2, 32, 32, 1) and x.dtype == np.float32
    assert np.all(x[0] == np.float32(-0.1))
    assert x[1, 2, 29, 0] == pytest.approx(1.175)
    assert (x[1] > 0).sum() == 1


def test_no_digits_at_all():
    assert to_lenet_input(np.zeros((0, 28, 28), np.uint8)).shape == (0, 32, 32, 1)


@pytest.mark.parametrize(
    ("images", "error", "remedy"),
    [
        (np.zeros((28, 28), np.uint8), ValueError, "image[None]"),
        (np.zeros((28, 28, 1), np.uint8), ValueError, "image[None, :, :, 0]"),
        (np.zeros((5, 28, 28, 1), np.uint8), ValueError, "images[..., 0]"),
        (np.zeros((5, 784), np.uint8), ValueError, "reshape(-1, 28, 28)"),
        (np.zeros((5, 32, 32), np.uint8), ValueError, "images[:, 2:30, 2:30]"),
        (np.zeros((5, 64, 64), np.uint8), ValueError, "resized first"),
        (np.ones((5, 28, 28), np.uint8), ValueError, "images * 255"),
        (np.full((5, 28, 28), 0.5), TypeError, "(images * 255).round()"),
        (np.full((5, 28, 28), 200.0), TypeError, "images.round()"),
        (np.full((5, 28, 28), 200), TypeError, "0 the background, 255 full ink"),
        (np.full((5, 28, 28), -0.1), TypeError, "use them as they are"),
        (np.full((5, 28, 28), 300), TypeError, "from 300 to 300"),
        (np.full((5, 28, 28), np.nan), TypeError, "float64"),
        (np.zeros((5, 28, 28), bool), TypeError, "bool"),
        ([["a"]], TypeError, "uint8"),
        # One image and not a batch, of any size.
        (np.zeros(784, np.uint8), ValueError, "image.reshape(1, 28, 28)"),
        (
            np.zeros((100, 140), np.uint8),
            ValueError,
            "For a single image of any size use prepare_image(image)",
        ),
        # Colour is called colour.
        (np.zeros((5, 28, 28, 3), np.uint8), ValueError, "They are in colour, and the network reads grey"),
        (
            np.zeros((5, 28, 28, 4), np.uint8),
            ValueError,
            "images[..., :3].mean(axis=-1).round().astype('uint8')",
        ),
        (np.zeros((28, 28, 3), np.uint8), ValueError, "They are in colour"),
        (np.zeros((100, 140, 4), np.uint8), ValueError, "prepare_image(image) for one"),
        (np.zeros((5, 32, 32, 3), np.uint8), ValueError, "They are in colour"),
        # Another type and another shape: both remedies.
        (np.full((28, 28), 0.5), TypeError, "For a single image give image[None]"),
        (np.full((5, 784), 0.5), TypeError, "(images * 255).round()"),
        (np.full((5, 784), 0.5), TypeError, "images.reshape(-1, 28, 28)"),
        (np.zeros((5, 32, 32, 1), np.uint8), ValueError, "images[:, 2:30, 2:30, 0]"),
        (np.zeros((5, 3, 40, 40), np.uint8), ValueError, "np.concatenate([prepare_image(image) for image in"),
        # Nothing.
        ([], TypeError, "uint8"),
        (np.zeros((0, 28, 28)), TypeError, "uint8"),
        (np.zeros((0, 32, 32), np.uint8), ValueError, "it should be (N, 28, 28)"),
    ],
)
def test_other_images_are_rejected_with_a_remedy(images, error, remedy):
    with pytest.raises(error) as raised:
        to_lenet_input(images)
    assert remedy in str(raised.value)


# --- Paper white, ink black


def test_black_on_white_is_questioned(mnist):
    with pytest.warns(UserWarning, match="1 of 1,?000 images have a bright border.*255 - images"):
        to_lenet_input(np.concatenate([mnist.x_test[1:], 255 - mnist.x_test[:1]]))
    with pytest.warns(UserWarning, match=r"The image has a bright border.*prepare_image\(photo\)"):
        x = to_lenet_input(255 - mnist.x_test[:1])
    assert x[0, 2, 2, 0] == pytest.approx(1.175)  # it is a question: what was given is computed


def test_the_question_names_the_line_that_asks(mnist):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        to_lenet_input(255 - mnist.x_test[:1])
    assert [warning.filename for warning in caught] == [__file__]


def test_grey_paper_is_questioned(mnist):
    with pytest.warns(UserWarning, match="bright border"):
        to_lenet_input((160 - 0.5 * mnist.x_test[:5]).astype(np.uint8))


def test_digits_and_what_is_neither_are_not_questioned(mnist):
    noise = np.random.default_rng(0).integers(0, 256, (2000, 28, 28), dtype=np.uint8)
    bold = np.maximum(mnist.x_train, np.roll(mnist.x_train, 7, axis=(1, 2)))  # ink at the border, too
    uniform = np.full((3, 28, 28), 255, np.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for images in (mnist.x_train, mnist.x_test, noise, bold, uniform, noise[:0]):
            to_lenet_input(images)


# --- A photo or drawing


def test_an_empty_sheet_has_no_ink():
    for sheet in (
        np.full((50, 40), 255, np.uint8),
        np.zeros((9, 9)),
        np.full((1, 1), 7),
        np.full((30, 30, 3), 0.7),
    ):
        with pytest.raises(ValueError, match="No ink can be seen"):
            prepare_image(sheet)
    paper = np.random.default_rng(0).normal(200, 5, (300, 400)).round().astype(np.uint8)
    with pytest.raises(ValueError, match="No ink can be seen"):
        prepare_image(paper)


def test_the_box_of_the_ink_becomes_twenty_pixels_high():
    sheet = np.full((100, 140), 255, np.uint8)
    sheet[10:90, 20:40] = 0  # 80 × 20: a quarter as wide as high
    x = prepare_image(sheet)
    assert x.shape == (1, 32, 32, 1) and x.dtype == np.float32
    wanted = np.full((32, 32), -0.1)
    wanted[6:26, 13:18] = 1.175  # 20 × 5, its middle at (16, 15.5): rounded up to whole pixels
    np.testing.assert_allclose(x[0, :, :, 0], np.roll(wanted, 1, axis=1), atol=1e-6)


def test_the_centre_of_mass_is_put_in_the_middle():
    sheet = np.zeros((60, 60))
    sheet[20:40, 10:30] = 0.1
    sheet[20:24, 10:30] = 1.0  # most of the ink is at the top
    x = (prepare_image(sheet)[0, :, :, 0] + 0.1) / 1.275
    mass = x.sum()
    centre_y, centre_x = (x.sum(1) @ (np.arange(32) + 0.5)) / mass, (x.sum(0) @ (np.arange(32) + 0.5)) / mass
    assert 15.999 < centre_y < 17 and 15.999 < centre_x < 17
    assert x.max() == pytest.approx(1)


def test_mnist_prepared_again_stays_as_it_is(mnist):
    """MNIST's makers did the same: preparing their digits once more moves nearly nothing."""
    again = np.concatenate([prepare_image(image) for image in mnist.x_test[:300]])
    given = to_lenet_input(mnist.x_test[:300])
    assert np.abs(again - given).mean() < 0.005
    assert np.mean(np.abs(again - given).max(axis=(1, 2, 3)) < 0.05) > 0.95


def in_mode(mode):
    return lambda strokes: np.asarray(drawn(strokes).convert(mode))


def as_jpeg(strokes):
    stream = io.BytesIO()
    drawn(strokes).save(stream, "JPEG", quality=60)
    return Image.open(stream)


def transparent(ink):
    """Ink of this brightness on a ground that is transparent, and black where one looks below."""

    def paint(strokes):
        alpha = 255 - np.asarray(drawn(strokes))
        return np.stack([np.where(alpha > 0, ink, 0).astype(np.uint8)] * 3 + [alpha], axis=-1)

    return paint


DRAWINGS = {
    "RGBA": in_mode("RGBA"),
    "RGB": in_mode("RGB"),
    "grey": in_mode("L"),
    "with alpha": in_mode("LA"),
    "zeros and ones": in_mode("1"),
    "a palette": lambda strokes: drawn(strokes).convert("RGB").quantize(16),
    "of 28 pixels": lambda strokes: np.asarray(drawn(strokes, side=28)),
    "floats": lambda strokes: np.asarray(drawn(strokes)) / 255,
    "sixteen bits": lambda strokes: np.asarray(drawn(strokes)).astype(np.uint16) * 257,
    "white on black": lambda strokes: 255 - np.asarray(drawn(strokes)),
    "black on nothing": transparent(0),
    "white on nothing": transparent(255),
    "JPEG": as_jpeg,
    "a thin pen": lambda strokes: drawn(strokes, pen=0.015),
    "blue on yellow": lambda strokes: np.where(
        np.asarray(drawn(strokes))[..., None] > 127, [250, 240, 120], [20, 40, 150]
    ),
    "a photo": lambda strokes: photographed(drawn(strokes)),
    "a photo of chalk": lambda strokes: 255 - photographed(drawn(strokes)),
    "pencil": lambda strokes: photographed(
        drawn(strokes, side=600, pen=0.03), ink=140, paper=200, shadow=0.1
    ),
}


@pytest.mark.parametrize("kind", DRAWINGS)
def test_a_drawing_of_any_kind_is_read(answer, kind):
    assert answer([prepare_image(DRAWINGS[kind](strokes)) for strokes in UPRIGHT.values()]) == list(UPRIGHT)


def test_black_on_white_rgba_is_read_in_every_hand(answer):
    drawings = [(digit, strokes) for hand in HANDS.values() for digit, strokes in hand.items()]
    read = answer([prepare_image(drawn(strokes).convert("RGBA")) for _, strokes in drawings])
    assert read == [digit for digit, _ in drawings]


def test_the_way_to_the_same_ink_does_not_matter():
    strokes = UPRIGHT[3]
    grey = prepare_image(np.asarray(drawn(strokes)))
    for kind in (
        "RGBA",
        "RGB",
        "floats",
        "sixteen bits",
        "white on black",
        "black on nothing",
        "white on nothing",
    ):
        np.testing.assert_allclose(prepare_image(DRAWINGS[kind](strokes)), grey, atol=1e-3, err_msg=kind)


def test_light_that_falls_unevenly_changes_little():
    photo = prepare_image(photographed(drawn(UPRIGHT[3])))
    assert np.abs(photo - prepare_image(drawn(UPRIGHT[3]))).mean() < 0.05


def test_a_photo_is_turned_as_the_camera_was_held():
    lying = drawn(UPRIGHT[7]).rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise
    stream = io.BytesIO()
    lying.save(stream, "PNG", exif=exif)
    np.testing.assert_allclose(prepare_image(Image.open(stream)), prepare_image(drawn(UPRIGHT[7])), atol=1e-6)


def test_a_large_photo_is_read_like_a_small_one():
    small = drawn(UPRIGHT[5], side=400)
    large = prepare_image(small.resize((2400, 2400), Image.Resampling.BICUBIC))
    assert np.abs(large - prepare_image(small)).mean() < 0.01


def test_what_is_drawn_may_touch_the_edge(answer):
    cropped = {digit: drawn(strokes, side=280).crop((60, 45, 220, 240)) for digit, strokes in UPRIGHT.items()}
    assert answer([prepare_image(image) for image in cropped.values()]) == list(UPRIGHT)


@pytest.mark.parametrize(
    ("image", "error", "remedy"),
    [
        ("seven.jpg", TypeError, "PIL.Image.open(path)"),
        (np.array([[None]]), TypeError, "an array of numbers"),
        (np.zeros((5, 28, 28)), ValueError, "for image in images"),
        (np.zeros((5, 28, 28, 3)), ValueError, "for image in images"),
        (np.zeros((3, 28, 28)), ValueError, "image.transpose(1, 2, 0)"),
        (np.zeros(784), ValueError, "(height, width)"),
        (np.zeros((0, 28)), ValueError, "(height, width)"),
        (np.full((9, 9), math.nan), ValueError, "finite"),
    ],
)
def test_what_is_no_image_gets_a_remedy(image, error, remedy):
    with pytest.raises(error) as raised:
        prepare_image(image)
    assert remedy in str(raised.value)


@pytest.mark.parametrize("shape", [(1, 9), (9, 1), (2, 2), (3, 500)])
def test_images_of_odd_shapes(shape):
    image = np.zeros(shape)
    image[shape[0] // 2, shape[1] // 2] = 1
    x = prepare_image(image)
    assert x.shape == (1, 32, 32, 1) and np.isfinite(x).all() and x.max() == pytest.approx(1.175)
