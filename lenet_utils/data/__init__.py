"""Find, verify and prepare MNIST and CIFAR-10.

The chapters call `load_mnist`, `load_cifar10` and `to_lenet_input`. Five rooms do the work:

    load       search LENET_DATA_DIR, the caches and the network, and fall back to a sample of MNIST
    prepare    turn digits, or a photo of one, into the network's input
    archives   read a file and verify that it holds the original data set
    download   fetch a file from the network, or give up in good time
    diagnosis  say why a download failed, and what to do about it
"""

from lenet_utils.data.archives import (
    CIFAR10,
    CIFAR10_CLASSES,
    MNIST,
    BadDataError,
    DataNotFoundError,
    Dataset,
    DatasetSpec,
    InvalidFileError,
)
from lenet_utils.data.download import DownloadError
from lenet_utils.data.load import SOURCES, Attempt, available_source, load_cifar10, load_mnist
from lenet_utils.data.prepare import prepare_image, to_lenet_input

__all__ = [
    "CIFAR10",
    "CIFAR10_CLASSES",
    "MNIST",
    "SOURCES",
    "Attempt",
    "BadDataError",
    "DataNotFoundError",
    "Dataset",
    "DatasetSpec",
    "DownloadError",
    "InvalidFileError",
    "available_source",
    "load_cifar10",
    "load_mnist",
    "prepare_image",
    "to_lenet_input",
]
