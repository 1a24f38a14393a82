"""Augment a batch of images: the planar affine distortions of section III.B, and elastic distortions.

A distorted image is a new training example for free: a seven that is moved, stretched or slanted a little
is still a seven. Needs NumPy alone. Taught in *implementation*; *pros-and-cons* uses `transform` to ask how
far a digit may be moved, turned or resized before LeNet-5 fails.

Everywhere, positions are in pixels, +x points right and +y points down, and maps leave the image's centre
where it is, unless they shift it.
"""

import numpy as np

from lenet_utils.paper import INPUT_BACKGROUND

# The paper names the kinds of distortion but not their ranges. These were picked by training on 3,200 of the
# sample's 4,000 training digits and looking at the other 800, never at a test digit. The choice is not
# delicate: two thirds of these ranges did about as well, four thirds a little worse.
TRANSLATION = 2.0
SCALING = 0.15
SQUEEZING = 0.15
SHEARING = 0.3

SMOOTHNESS = 4.0
"""Of elastic distortions, in pixels, as in Simard, Steinkraus and Platt (2003) for MNIST."""

PAPER_KINDS = ("translation", "scaling", "squeezing", "shearing")
"""The kinds of distortion that the paper names; each has its default range above."""


def distort(
    images: np.ndarray,
    generator: np.random.Generator | int | None = None,
    *,
    translation: float = TRANSLATION,
    scaling: float = SCALING,
    squeezing: float = SQUEEZING,
    shearing: float = SHEARING,
    rotation: float = 0.0,
    elastic: float = 0.0,
    smoothness: float = SMOOTHNESS,
    background: float = INPUT_BACKGROUND,
) -> np.ndarray:
    """Distort each image by a random affine map of its own.

    The kinds of distortion are those of section III.B: translation, scaling, squeezing and horizontal
    shearing. The paper gives no ranges; the defaults are ours, and so is `rotation`, which is off, as is
    `elastic`: the distortions of Simard, Steinkraus and Platt (2003), which move each pixel differently.

    Args:
        images: floats, shape (N, height, width, channels), as `to_lenet_input` returns them.
        generator: NumPy's random generator (the same generator gives the same distortions), or a seed, or
            None for a different result each time.
        translation: largest shift, in pixels, to either side, and likewise up or down.
        scaling: largest change of size: 0.15 draws factors between 1/1.15 and 1.15.
        squeezing: largest horizontal compression with as much vertical elongation, or the reverse; 0.15
            draws factors between 1/1.15 and 1.15.
        shearing: largest slant: sideways motion, in pixels, of a point one pixel above the centre.
        rotation: largest rotation to either side, in degrees.
        elastic: root mean square, in pixels, of the smooth random displacement along each axis.
        smoothness: standard deviation, in pixels, of the Gaussian that smoothes the field.
        background: fills what comes in from outside the image.

    Returns:
        float32, of the same shape.

    Raises:
        TypeError, ValueError: images of another type or shape, or a range that is negative.
    """
    ranges = {
        "translation": translation,
        "scaling": scaling,
        "squeezing": squeezing,
        "shearing": shearing,
        "rotation": rotation,
        "elastic": elastic,
    }
    _check_ranges(ranges)
    images = _checked(images)
    generator = np.random.default_rng(generator)
    # Each image draws every kind, so that turning one kind off leaves the others as they were.
    shift_x, shift_y, scale, squeeze, shear, turn = generator.uniform(-1, 1, (6, len(images)))
    matrices = affine_matrix(
        shift=(translation * shift_x, translation * shift_y),
        rotation=rotation * turn,
        # Factors are drawn on a logarithmic scale: halving is as likely as doubling.
        scale=(1 + scaling) ** scale,
        squeeze=(1 + squeezing) ** squeeze,
        shear=shearing * shear,
    )
    if not elastic:
        return affine(images, matrices, background)
    if not smoothness > 0:
        raise ValueError(f"smoothness={smoothness!r} should be larger than 0.")
    fields = elastic * smooth_fields(len(images), *images.shape[1:3], smoothness, generator)
    return _resampled(images, matrices, background, fields)


def smooth_fields(number, height, width, smoothness=SMOOTHNESS, generator=None) -> np.ndarray:
    """Draw random displacements that change slowly from pixel to pixel.

    Section 2 of Simard, Steinkraus and Platt (2003): white noise, smoothed along both axes by a Gaussian, which is
    a matrix product with each. Each row of the Gaussian's matrix has length 1, so that displacements keep the
    variance of the noise, 1, in the corners too.

    Args:
        number: of images.
        height, width: in pixels.
        smoothness: standard deviation of the Gaussian, in pixels.
        generator: NumPy's random generator, or a seed.

    Returns:
        Shape (2, number, height, width), float32: sideways and downwards, with mean 0 and variance 1.
    """

    def gaussian(size):
        apart = np.arange(size)[:, None] - np.arange(size)
        weights = np.exp(-(apart**2) / (2 * smoothness**2))
        return (weights / np.linalg.norm(weights, axis=1, keepdims=True)).astype("float32")

    noise = np.random.default_rng(generator).standard_normal((2, number, height, width), dtype="float32")
    return gaussian(height) @ (noise @ gaussian(width).T)


def transform(
    images: np.ndarray,
    *,
    shift: tuple[float, float] = (0.0, 0.0),
    rotation: float = 0.0,
    scale: float = 1.0,
    squeeze: float = 1.0,
    shear: float = 0.0,
    background: float = INPUT_BACKGROUND,
) -> np.ndarray:
    """Move, turn, resize and slant all images by the same, given amount.

    Args:
        images: floats, shape (N, height, width, channels).
        shift: pixels to the right and pixels down.
        rotation: degrees, anticlockwise as one sees it, about the centre.
        scale: 2 draws everything twice as large.
        squeeze: 2 makes everything half as wide and twice as high.
        shear: 0.5 moves a point one pixel above the centre half a pixel to the right, as italics do.
        background: fills what comes in from outside the image.

    Returns:
        float32, of the same shape.

    Raises:
        TypeError, ValueError: images of another type or shape, or a scale or squeeze that is not positive.
    """
    matrix = affine_matrix(shift=shift, rotation=rotation, scale=scale, squeeze=squeeze, shear=shear)
    return affine(images, matrix, background)


def affine_matrix(shift=(0.0, 0.0), rotation=0.0, scale=1.0, squeeze=1.0, shear=0.0) -> np.ndarray:
    """The map (x, y) → A (x, y) + shift, with A = rotation · shear · squeeze · scale, about the centre.

    Args:
        shift, rotation, scale, squeeze, shear: as in `transform`; numbers, or one value per image.

    Returns:
        Shape (…, 2, 3): A in the first two columns, the shift in the third.

    Raises:
        ValueError: a scale or squeeze that is not positive.
    """
    shift_x, shift_y, rotation, scale, squeeze, shear = np.broadcast_arrays(
        *(np.asarray(value, float) for value in (*shift, rotation, scale, squeeze, shear))
    )
    for name, value in (("scale", scale), ("squeeze", squeeze)):
        if not np.all(value > 0):
            raise ValueError(f"{name} is a factor and should be larger than 0.")
    across, down = scale / squeeze, scale * squeeze
    cosine, sine = np.cos(np.radians(rotation)), np.sin(np.radians(rotation))
    # With y pointing down, (x, y) → (x - shear·y, y) leans to the right,
    # and (x, y) → (cos·x + sin·y, -sin·x + cos·y) turns anticlockwise.
    first_row = [cosine * across, (sine - cosine * shear) * down, shift_x]
    second_row = [-sine * across, (cosine + sine * shear) * down, shift_y]
    return np.stack([np.stack(first_row, -1), np.stack(second_row, -1)], -2)


def affine(images: np.ndarray, matrices: np.ndarray, background: float = INPUT_BACKGROUND) -> np.ndarray:
    """Apply affine maps to images, with bilinear interpolation between pixels.

    Args:
        images: floats, shape (N, height, width, channels).
        matrices: from `affine_matrix`: shape (N, 2, 3), or (2, 3) for one map for all.
        background: the value of everything outside an image.

    Returns:
        float32, of the same shape.

    Raises:
        TypeError, ValueError: images or matrices of another type or shape, or a map that flattens images.
    """
    images = _checked(images)
    matrices = np.asarray(matrices, float)
    if matrices.shape not in ((2, 3), (len(images), 2, 3)):
        raise ValueError(
            f"matrices has shape {matrices.shape}; it should be (2, 3), or ({len(images)}, 2, 3) here."
        )
    matrices = np.broadcast_to(matrices, (len(images), 2, 3))
    if np.any(np.abs(np.linalg.det(matrices[:, :, :2])) < 1e-9):
        raise ValueError("One of the maps flattens its image to a line: its determinant is 0.")
    return _resampled(images, matrices, background)


def _resampled(images, matrices, background, fields=None):
    """Resample each image under its affine map, its pixels displaced by `fields` if there are any."""
    distorted = np.empty_like(images)
    # A few images at a time, so that what is computed stays in the processor's cache.
    for start in range(0, len(images), CHUNK):
        part = slice(start, start + CHUNK)
        positions = _positions(matrices[part], *images.shape[1:3])
        if fields is not None:
            positions += fields[:, part].reshape(positions.shape)
        distorted[part] = _resample(images[part], positions, background)
    return distorted


CHUNK = 16


def _positions(matrices, height, width):
    """Where in the old image each pixel of the new one comes from: shape (2, N, height · width)."""
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    y, x = np.mgrid[:height, :width].reshape(2, -1)
    inverse = np.linalg.inv(matrices[:, :, :2])
    offset = centre - np.einsum("nij,nj->ni", inverse, centre + matrices[:, :, 2])
    rows = np.concatenate([inverse, offset[:, :, None]], axis=2).transpose(1, 0, 2)
    return (rows @ np.stack([x, y, np.ones_like(x)]).astype(float)).astype(np.float32)


def _resample(images, positions, background):
    number, height, width, channels = images.shape
    framed = np.pad(images, ((0, 0), (1, 2), (1, 2), (0, 0)), constant_values=background)
    row = width + 3
    # Positions further outside than the frame see what the frame holds: the background.
    x = np.clip(positions[0] + 1, 0, width + 1)
    y = np.clip(positions[1] + 1, 0, height + 1)
    left, top = x.astype(np.int32), y.astype(np.int32)
    to_right, to_bottom = (x - left)[..., None], (y - top)[..., None]
    corner = top * row + left + (np.arange(number, dtype=np.int32) * ((height + 3) * row))[:, None]
    pixels = framed.reshape(-1, channels)
    upper = _between(pixels, corner, corner + 1, to_right)
    lower = _between(pixels, corner + row, corner + (row + 1), to_right)
    return (upper + to_bottom * (lower - upper)).reshape(images.shape)


def _between(pixels, first, second, fraction):
    start = pixels.take(first, axis=0)
    return start + fraction * (pixels.take(second, axis=0) - start)


def _check_ranges(ranges: dict[str, float]) -> None:
    for name, value in ranges.items():
        if not (np.isscalar(value) and np.isfinite(value) and value >= 0):
            raise ValueError(f"{name}={value!r} should be a number that is 0 or larger.")


def _checked(images) -> np.ndarray:
    images = np.asarray(images)
    if not np.issubdtype(images.dtype, np.floating):
        raise TypeError(
            f"The images are of type {images.dtype}; distortions work on floats. "
            "Use to_lenet_input(images) first."
        )
    if images.ndim != 4:
        raise ValueError(
            f"The images have shape {images.shape}; it should be (N, height, width, channels). "
            "Give a single image as image[None], grey images as images[..., None]."
        )
    return np.ascontiguousarray(images, dtype=np.float32)
