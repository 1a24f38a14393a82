"""Turn images of digits into the network's input. Section II.B of the paper; taught in *implementation*."""

import numpy as np

from lenet_utils.paper import INPUT_BACKGROUND, INPUT_FOREGROUND, INPUT_SIDE


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
    """
    images = np.asarray(images)
    if images.dtype != np.uint8:
        raise TypeError(_wrong_type(images))
    if images.ndim != 3 or images.shape[1:] != (28, 28):
        raise ValueError(_wrong_shape(images.shape))
    if images.size and images.max() == 1:
        raise ValueError(
            "The images hold only zeros and ones; full ink is 255. If 1 means ink, give images * 255."
        )
    margin = (INPUT_SIDE - 28) // 2
    framed = np.pad(images, ((0, 0), (margin, margin), (margin, margin)))
    ink = framed[..., None].astype(np.float32) / 255
    return ink * np.float32(INPUT_FOREGROUND - INPUT_BACKGROUND) + np.float32(INPUT_BACKGROUND)


def _wrong_type(images) -> str:
    message = f"The images are of type {images.dtype}; they should be uint8, 0 the background, 255 full ink."
    if images.dtype.kind not in "fiub" or not images.size:
        return message
    lowest, highest = images.min(), images.max()
    message += f" Their values run from {lowest:g} to {highest:g}."
    if lowest < 0 or highest > 255 or not np.isfinite(highest):
        return f"{message} If they have been through to_lenet_input already, use them as they are."
    if highest <= 1:
        return f"{message} If 1 is full ink: (images * 255).round().astype('uint8')."
    return f"{message} If 255 is full ink: images.round().astype('uint8')."


def _wrong_shape(shape) -> str:
    message = f"The images have shape {shape}; it should be (N, 28, 28)."
    remedies = {
        (28, 28): "For a single image give image[None].",
        (28, 28, 1): "For a single image give image[None, :, :, 0].",
    }
    if shape in remedies:
        return f"{message} {remedies[shape]}"
    if shape[1:] == (28, 28, 1):
        return f"{message} Give images[..., 0]."
    if shape[1:] == (784,):
        return f"{message} Give images.reshape(-1, 28, 28)."
    if shape[1:3] == (32, 32):
        return f"{message} The margin to 32×32 is added here: give images[:, 2:30, 2:30]."
    return f"{message} Images of another size have to be resized first, the digit within the middle 20×20."
