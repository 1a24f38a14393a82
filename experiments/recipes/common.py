"""What several recipes share: how images are augmented, and how a trained network is asked for scores."""

from functools import partial

from lenet_utils import distortions, evaluation
from lenet_utils.data import to_lenet_input


def augmentation(distortion: float, **others: float):
    """The paper's kinds of distortion as an augmentation, for `augment=` of `lenet_utils.training`.

    Args:
        distortion: the share of the default ranges of `lenet_utils.distortions`.
        others: ranges of further kinds, such as rotation in degrees or elastic in pixels.

    Returns:
        A function of (images, generator), or None where nothing is to be changed.
    """
    if not (distortion or any(others.values())):
        return None
    ranges = {name: distortion * getattr(distortions, name.upper()) for name in distortions.PAPER_KINDS}
    return partial(distortions.distort, **ranges, **others)


def scorer(model, prepare=to_lenet_input):
    """A function from uint8 images, (N, 28, 28), to scores, (N, 10), of which the largest is the answer.

    Args:
        model: any network of this book.
        prepare: function from uint8 images to what the network reads.
    """
    return lambda images: evaluation.scores(model, prepare(images))
