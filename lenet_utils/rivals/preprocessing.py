"""What the baselines of 1998 read: rows of pixels, upright digits, smaller images (section III.A)."""

import numpy as np


def ink(images: np.ndarray) -> np.ndarray:
    """Images as rows of numbers from 0 to 1: (N, rows, columns) → (N, rows · columns)."""
    return images.reshape(len(images), -1).astype("float32") / 255


def deslant(images: np.ndarray) -> np.ndarray:
    """Upright digits: each row shifted sideways by whole pixels until the digit's principal axis is vertical.

    The slant is the regression of column on row, cov(column, row) / var(row), over the ink (section III.A,
    where a pixel is ink or not; here it counts by its darkness).

    Args:
        images: (N, rows, columns), 0 the background.

    Returns:
        The same shape and type. Ink that leaves the image is lost; an empty image or a single row stays.
    """
    rows, columns = (np.arange(size) for size in images.shape[1:])
    mass = images.sum(axis=(1, 2), dtype=float).clip(min=1e-9)
    by_row, by_column = images.sum(axis=2, dtype=float), images.sum(axis=1, dtype=float)
    middle = (by_row @ rows / mass)[:, None], (by_column @ columns / mass)[:, None]
    from_middle = rows - middle[0], columns - middle[1]
    spread = (by_row * from_middle[0] ** 2).sum(axis=1)
    together = np.einsum("nrc,nr,nc->n", images.astype(float), *from_middle, optimize=True)
    slant = np.divide(together, spread, out=np.zeros_like(spread), where=spread > 1e-9)
    source = columns + np.rint(slant[:, None] * from_middle[0]).astype(int)[:, :, None]
    inside = (source >= 0) & (source < len(columns))
    return np.take_along_axis(images, source.clip(0, len(columns) - 1), axis=2) * inside


def area_resize(images, side):
    """Images made side × side; each new pixel is the mean of the old ones that it covers."""
    size = images.shape[1]
    starts = np.arange(side)[:, None] * size / side
    covered = np.minimum(starts + size / side, np.arange(size) + 1) - np.maximum(starts, np.arange(size))
    share = covered.clip(min=0) * side / size
    return np.einsum("ir,nrc,jc->nij", share, images, share, optimize=True).astype("float32")
