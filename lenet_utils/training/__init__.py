"""Three ways to train a network, with one contract: `fit`, `fit_online` and `fit_compiled`.

All take (model, images, labels, epochs, validation, …), change the model's weights, and return the same
history: a plain dict of lists, one value an epoch.

- "loss": the mean over the images that the epoch showed, each when it was shown;
- "error_percent": how many of a hundred of these were misclassified;
- "seconds": how long the epoch took, validation not counted;
- "validation_error_percent", and of `fit` "validation_loss": with validation images only.

Which one: `fit` is today's recipe with any Keras layers, in batches. `fit_online` is 1998's, one image at a
time. `fit_compiled` trains one network, `lenet5(pooling="max")`, as fast as a processor can. The last two
need TensorFlow.
"""

from lenet_utils._renamed import renamed
from lenet_utils.training.fast import fit_compiled, hardest_examples, warmup_cosine
from lenet_utils.training.fit import (
    BATCH_SIZE,
    MIN_EPOCHS,
    PEAK_LEARNING_RATE,
    UPDATES,
    AugmentedBatches,
    epochs_for,
    fit,
)
from lenet_utils.training.logs import EpochLog, Progress
from lenet_utils.training.online import fit_online

__all__ = [
    "BATCH_SIZE",
    "MIN_EPOCHS",
    "PEAK_LEARNING_RATE",
    "UPDATES",
    "AugmentedBatches",
    "EpochLog",
    "Progress",
    "epochs_for",
    "fit",
    "fit_compiled",
    "fit_online",
    "hardest_examples",
    "warmup_cosine",
]

__getattr__ = renamed(
    __name__,
    {
        "DistortedDigits": "AugmentedBatches",
        "Diary": "EpochLog",
        "PASSES": "MIN_EPOCHS",
        "costliest": "hardest_examples",
        "error_percent": "lenet_utils.evaluation.error_percent",
        "fit_at_once": "lenet_utils.training.fast._fit_at_once",
        "fit_pattern_by_pattern": "fit_online",
        "rise_and_fall": "warmup_cosine",
    },
)
