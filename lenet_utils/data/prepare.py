"""Turn images of digits into the network's input. Section II.B of the paper; taught in *implementation*.

`to_lenet_input` takes digits that are prepared as MNIST's are, `prepare_image` a photo or drawing of one digit.
"""

import math
import warnings

import numpy as np

from lenet_utils.paper import DIGIT_SIDE, INPUT_BACKGROUND, INPUT_FOREGROUND, INPUT_SIDE

MNIST_SIDE = 28

LUMINANCE = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in grey, as television weighs them (ITU-R BT.601)."""

FAINT = 10 / 255
"""The least ink that counts in a drawing, as a share of full ink: less is what JPEG leaves around a line."""

PHOTO = 0.25
"""The least ink that counts in a photo, whose paper has noise and shadows."""

NOISE = 6
"""What differs from paper by fewer standard deviations of its noise is paper."""

FITS = 8
"""How often the paper's brightness is fitted; it no longer changes after five or six times."""

LARGE = 28 * DIGIT_SIDE
"""Larger photos are made this large first, in pixels along the longer side, which also averages noise away."""

NO_INK = "No ink can be seen: no pixel of the image differs from its paper by more than noise does."

BRIGHT = 100
"""A border is called bright if at least BRIGHT_SHARE of its pixels are brighter than this, of 255."""

BRIGHT_SHARE = 0.9


def to_lenet_input(images: np.ndarray) -> np.ndarray:
    """Turn digits into LeNet-5's input: 28×28 in the middle of 32×32, background -0.1, ink 1.175.

    Section II.B of the paper. Taught in *implementation*.

    Args:
        images: uint8, shape (N, 28, 28), 0 the background and 255 full ink.

    Returns:
        float32, shape (N, 32, 32, 1).

    Raises:
        TypeError: not uint8.
        ValueError: another shape, or only zeros and ones where 0 to 255 are meant.

    Warns:
        UserWarning: an image has a bright border, as black ink on white paper has.
    """
    images = np.asarray(images)
    if images.dtype != np.uint8:
        raise TypeError(_wrong_type(images))
    if not _is_mnist_shape(images.shape):
        raise ValueError(_wrong_shape(images.shape))
    if images.size and images.max() == 1:
        raise ValueError(
            "The images hold only zeros and ones; full ink is 255. If 1 means ink, give images * 255."
        )
    _warn_of_bright_borders(images)
    return _on_input(images.astype(np.float32) / 255)


def prepare_image(image: np.ndarray) -> np.ndarray:
    """Turn a photo or drawing of one digit into the network's input, as MNIST's makers prepared their digits.

    The image becomes grey; paper becomes 0 and ink 1, whichever of the two is the brighter one; the box around
    the ink is scaled so that its longer side is 20 pixels; and the digit is laid into 28×28 with its centre of
    mass in the middle. The page *playground* prepares what is drawn in the same way. For photos two things are
    added: uneven light is removed, and the darkest ink becomes 1, so that a thin pen is seen.

    The digit should be the only thing in the image, and its edge should show paper.

        prepare_image(PIL.Image.open("seven.jpg"))

    Args:
        image: of any size: shape (height, width), (height, width, 3) in colour or (height, width, 4) with
            transparency, of any type of numbers; or an image of the library PIL.

    Returns:
        float32, shape (1, 32, 32, 1), background -0.1, ink 1.175. For several images use `np.concatenate`.

    Raises:
        TypeError: not an array of numbers.
        ValueError: another shape, or no ink.
    """
    grey = _grey(image)
    if max(grey.shape) > LARGE:
        grey = _scaled(grey, LARGE)
    ink = _ink(grey)
    digit = _scaled(ink[_ink_box(ink)], DIGIT_SIDE)
    return _on_input(_centre(digit / digit.max())[None].astype(np.float32))


def _on_input(ink: np.ndarray) -> np.ndarray:
    """Ink from 0 to 1, float32 (N, 28, 28), as the network's input, (N, 32, 32, 1)."""
    margin = (INPUT_SIDE - MNIST_SIDE) // 2
    framed = np.pad(ink, ((0, 0), (margin, margin), (margin, margin)))[..., None]
    return framed * np.float32(INPUT_FOREGROUND - INPUT_BACKGROUND) + np.float32(INPUT_BACKGROUND)


# --- A photo or drawing -------------------------------------------------------------------------------------


def _grey(image) -> np.ndarray:
    """Brightness, float, (height, width): colours weighed by `LUMINANCE`, what is transparent as paper."""
    pixels = np.asarray(_upright(image))
    if pixels.dtype.kind not in "fiub":
        raise TypeError(
            f"An image of type {pixels.dtype} cannot be prepared. Give an array of numbers, "
            "or open a file first: prepare_image(PIL.Image.open(path))."
        )
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.ndim != 3 or pixels.shape[2] > 4 or not pixels.size:
        raise ValueError(_no_single_image(pixels.shape))
    full = _full_scale(pixels)
    pixels = pixels.astype(float)
    if not np.isfinite(pixels).all():
        raise ValueError("The image holds values that are no finite numbers.")
    channels = pixels.shape[2]
    grey = pixels[..., :3] @ LUMINANCE if channels >= 3 else pixels[..., 0]
    if channels in (1, 3):
        return grey
    alpha = pixels[..., -1] / full
    # Ink on a transparent ground: the paper is white below dark ink, and black below bright ink.
    brightness_of_ink = (grey * alpha).sum() / max(alpha.sum(), FAINT)
    paper = full if brightness_of_ink < full / 2 else 0
    return alpha * grey + (1 - alpha) * paper


def _upright(image):
    """An image of PIL turned as the camera was held, its palette resolved; anything else as it is."""
    if not hasattr(image, "getexif"):
        return image
    from PIL import ImageOps

    image = ImageOps.exif_transpose(image)
    as_numbers = image.mode in ("1", "L", "LA", "RGB", "RGBA") or image.mode.startswith(("I", "F"))
    return image if as_numbers else image.convert("RGBA")


def _full_scale(pixels: np.ndarray) -> int:
    """The value of white: 255 or 65,535 for unsigned integers, 1 for booleans and shares."""
    if pixels.dtype.kind == "u":
        return np.iinfo(pixels.dtype).max
    return 1 if pixels.max() <= 1 else 255


def _no_single_image(shape) -> str:
    message = f"An image has shape (height, width) or (height, width, 3), and this is {shape}."
    if len(shape) == 3 and shape[0] in (1, 3, 4):
        return f"{message} If the colours come first: image.transpose(1, 2, 0)."
    if len(shape) in (3, 4):
        return f"{message} For several: np.concatenate([prepare_image(image) for image in images])."
    return message


def _ink(grey: np.ndarray) -> np.ndarray:
    """Ink from 0 to 1, (height, width): by how much each pixel differs from the paper around it."""
    if np.ptp(grey) <= 1e-6 * np.abs(grey).max():
        raise ValueError(NO_INK)
    paper, noise = _paper(grey)
    difference = grey - paper
    # Ink is what differs most: it is darker than paper, or brighter.
    ink = difference if difference.max() > -difference.min() else -difference
    if ink.max() <= NOISE * noise:
        raise ValueError(NO_INK)
    ink, noise = ink / ink.max(), noise / ink.max()
    least = FAINT if NOISE * noise < FAINT else max(PHOTO, NOISE * noise)
    return np.where(ink >= least, ink, 0)


def _paper(grey: np.ndarray) -> tuple[np.ndarray, float]:
    """Brightness of the paper at each pixel, (height, width), and the standard deviation of its noise.

    Light falls unevenly on paper. So its brightness is a polynomial of second degree in x and y, fitted again and
    again to the pixels that are close to the last fit. The first guess is the median of the edge.
    """
    y, x = np.meshgrid(*(np.linspace(-1, 1, side) for side in grey.shape), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    few = tuple(slice(None, None, max(1, side // 100)) for side in grey.shape)  # enough for six coefficients
    values, places = grey[few].ravel(), terms[few].reshape(-1, 6)
    coefficients = np.array([np.median(grey[_edge(grey.shape)]), 0, 0, 0, 0, 0])
    for _ in range(FITS):
        distance = np.abs(values - places @ coefficients)
        noise = 1.4826 * np.median(distance[distance <= np.ptp(grey) / 2])  # for a Gaussian, from the median
        near = distance <= max(2.5 * noise, 1e-9 * np.ptp(grey))
        coefficients = np.linalg.lstsq(places[near], values[near], rcond=None)[0]
    return terms @ coefficients, float(noise)


def _edge(shape: tuple[int, int]) -> np.ndarray:
    """True for the outermost pixels of an image, (height, width)."""
    edge = np.ones(shape, bool)
    edge[1:-1, 1:-1] = False
    return edge


def _ink_box(ink: np.ndarray) -> tuple[slice, slice]:
    """The smallest box around the ink: its rows and its columns."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _scaled(image: np.ndarray, side: int) -> np.ndarray:
    """The image drawn anew with `side` pixels along its longer side, each the mean of what it covers."""
    scale = side / max(image.shape)
    # Rounded half up, as JavaScript does.
    height, width = (max(1, math.floor(length * scale + 0.5)) for length in image.shape)
    return _coverage(height, image.shape[0]) @ image @ _coverage(width, image.shape[1]).T


def _coverage(new: int, old: int) -> np.ndarray:
    """How much of each old pixel every new pixel covers, (new, old); each row adds up to 1."""
    edges = np.arange(new + 1) * old / new
    pixels = np.arange(old)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.clip(overlap, 0, None) * new / old


def _centre(digit: np.ndarray) -> np.ndarray:
    """The digit in 28×28, its centre of mass in the middle; what sticks out is lost."""
    field = np.zeros((MNIST_SIDE, MNIST_SIDE))
    offsets = []
    for axis, side in enumerate(digit.shape):
        mass = digit.sum(axis=1 - axis)
        centre = mass @ (np.arange(side) + 0.5) / mass.sum()
        # Rounded up: MNIST's digits have their centres of mass between 14 and 15, never below 14.
        offsets.append(math.ceil(MNIST_SIDE / 2 - centre - 1e-9))  # a centre at 14 but for rounding is at 14
    rows, columns = np.indices(digit.shape)
    rows, columns = rows + offsets[0], columns + offsets[1]
    inside = (rows >= 0) & (rows < MNIST_SIDE) & (columns >= 0) & (columns < MNIST_SIDE)
    field[rows[inside], columns[inside]] = digit[inside]
    return field


# --- What is wrong with images, and what helps --------------------------------------------------------------


def _is_mnist_shape(shape) -> bool:
    return len(shape) == 3 and shape[1:] == (MNIST_SIDE, MNIST_SIDE)


def _warn_of_bright_borders(images: np.ndarray) -> None:
    edges = images[:, _edge(images.shape[1:])]
    bright = np.flatnonzero((edges > BRIGHT).mean(axis=1) >= BRIGHT_SHARE)
    # Only where something darker is there to be read: an image of one value holds no digit either way.
    count = (
        np.sum(images[bright].min(axis=(1, 2)) < np.median(edges[bright], axis=1) / 2) if len(bright) else 0
    )
    if count:
        which = f"{count:,} of {len(images):,} images have" if len(images) > 1 else "The image has"
        warnings.warn(
            f"{which} a bright border, as black ink on white paper has. The network reads bright ink on black: "
            "give 255 - images, or prepare_image(photo).",
            stacklevel=3,
        )


def _wrong_type(images) -> str:
    message = f"The images are of type {images.dtype}; they should be uint8, 0 the background, 255 full ink."
    if images.dtype.kind not in "fiub" or not images.size:
        return message
    lowest, highest = images.min(), images.max()
    message += f" Their values run from {lowest:g} to {highest:g}."
    if lowest < 0 or highest > 255 or not np.isfinite(highest):
        return f"{message} If they have been through to_lenet_input already, use them as they are."
    if not _is_mnist_shape(images.shape):
        message = f"{message} {_wrong_shape(images.shape)}"
    if highest <= 1:
        return f"{message} If 1 is full ink: (images * 255).round().astype('uint8')."
    return f"{message} If 255 is full ink: images.round().astype('uint8')."


def _wrong_shape(shape) -> str:
    message = f"The images have shape {shape}; it should be (N, 28, 28)."
    remedies = {
        (28, 28): "For a single image give image[None].",
        (28, 28, 1): "For a single image give image[None, :, :, 0].",
        (784,): "For a single image give image.reshape(1, 28, 28).",
    }
    if shape in remedies:
        return f"{message} {remedies[shape]}"
    if len(shape) in (3, 4) and shape[-1] in (3, 4):
        grey = "images[..., :3].mean(axis=-1).round().astype('uint8')"
        return f"{message} They are in colour, and the network reads grey: prepare_image(image) for one, or {grey}."
    if len(shape) == 2 and shape[1] != 784:
        return f"{message} For a single image of any size use prepare_image(image)."
    if shape[1:] == (28, 28, 1):
        return f"{message} Give images[..., 0]."
    if shape[1:] == (784,):
        return f"{message} Give images.reshape(-1, 28, 28)."
    if shape[1:3] == (32, 32):
        return f"{message} The margin to 32×32 is added here: give images[:, 2:30, 2:30{', 0' * (len(shape) == 4)}]."
    return (
        f"{message} Images of another size have to be resized first, the digit within the middle 20×20: "
        "np.concatenate([prepare_image(image) for image in images]) does that and returns the network's input."
    )
