"""The networks of this book as Keras models.

Importing this module registers every layer, initializer, loss and optimizer of the package with Keras. So a whole
model that `model.save("mine.keras")` wrote is read again, in another session, by

    import keras, lenet_utils.models
    model = keras.saving.load_model("mine.keras")

Images are (N, height, width, channels), whatever `image_data_format` says in the reader's keras.json.
"""

from pathlib import Path

import keras
from keras import layers

from lenet_utils import losses, optimizers  # noqa: F401, they register what saved models are made of
from lenet_utils._renamed import renamed
from lenet_utils.layers import Convolution, EuclideanRBF, FullyConnected, Subsampling
from lenet_utils.paper import C3_TABLE, INPUT_SIDE, LENET1_TABLE, LENET4_MAPS
from lenet_utils.serialization import WEIGHTS, load_weights

LENET4_TABLE = tuple((m, (m + step) % 8, (m + 2 * step) % 8) for step in (1, 2) for m in range(8))
"""Our choice of the three S2 maps that each of LeNet-4's sixteen C3 maps reads, in the manner of Table I: neighbours
first, then every second one. Each S2 map is read six times, and no two C3 maps read the same three."""

POOLING = {"average": layers.AveragePooling2D, "max": layers.MaxPooling2D}


def lenet5(
    activation: str = "relu",
    pooling: str = "average",
    input_shape: tuple[int, int, int] = (32, 32, 1),
    classes: int = 10,
    weights: str | None = None,
) -> keras.Model:
    """LeNet-5 as it is usually built today: 61,706 parameters for a 32×32 grey image.

    Five layers with weights, each under its name in the paper (section II.B): convolutions C1, C3
    and C5 with 5×5 kernels, and the fully connected F6 and output. What differs from the network
    of 1998 — ReLU, parameter-free pooling, a dense C3, softmax — is taught in the chapters
    *architecture* and *implementation*.

    Args:
        activation: any Keras activation, used after every layer but the last.
        pooling: "average" or "max", used in S2 and S4 (2×2, stride 2).
        input_shape: (height, width, channels); height and width at least 32.
        classes: number of outputs.
        weights: None (fresh Glorot-uniform weights); "mnist" (trained on the 55,000 training digits
            that are not in the embedded sample; needs the default network); or the path of a file
            that `lenet_utils.serialization.save_weights` wrote.

    Returns:
        A model that maps (N, height, width, channels) to (N, classes) probabilities; the largest wins.

    Raises:
        ValueError: an unknown pooling, an input smaller than 32×32, or weights that do not fit.
        FileNotFoundError: no such file of weights.
    """
    if pooling not in POOLING:
        raise ValueError(f"pooling={pooling!r} is unknown; choose one of {sorted(POOLING)}.")
    _check_size(input_shape)
    if weights == "mnist" and (activation, pooling) != ("relu", "average"):
        raise ValueError(
            'weights="mnist" were trained with activation="relu" and pooling="average"; in another '
            "network the same numbers would mean something else. Train that one, or leave both as they are."
        )
    pool = POOLING[pooling]
    model = keras.Sequential(
        [
            keras.Input(input_shape, name="input"),
            layers.Conv2D(6, 5, activation=activation, data_format="channels_last", name="C1"),
            pool(2, data_format="channels_last", name="S2"),
            layers.Conv2D(16, 5, activation=activation, data_format="channels_last", name="C3"),
            pool(2, data_format="channels_last", name="S4"),
            layers.Conv2D(120, 5, activation=activation, data_format="channels_last", name="C5"),
            layers.Flatten(data_format="channels_last", name="flatten"),
            layers.Dense(84, activation=activation, name="F6"),
            layers.Dense(classes, activation="softmax", name="output"),
        ],
        name="lenet5",
    )
    if weights is not None:
        load_weights(model, WEIGHTS["lenet5"].get(weights, weights))
    return model


def lenet5_1998(
    weights: str | Path | None = None,
    initializer: str = "default",
    input_shape: tuple[int, int, int] = (INPUT_SIDE, INPUT_SIDE, 1),
    replace: tuple[keras.Layer, ...] = (),
) -> keras.Model:
    """LeNet-5 as published in 1998 (section II.B): 60,000 trainable parameters, 340,908 connections.

    Convolutions with 1.7159 tanh(2a/3), trainable subsampling, C3 connected by the paper's table, and an
    output layer of distances to ten fixed bitmaps: the *smallest* output is the answer, as
    `lenet_utils.evaluation` knows. Taught, part by part, in *the-1998-network*.

    Args:
        weights: None (fresh weights); "mnist" (trained on the 55,000 training digits that are not in the
            embedded sample); or the path of a file that `lenet_utils.serialization.save_weights` wrote.
        initializer: how fresh weights are drawn, one of `lenet_utils.initializers.INITIALIZERS`. The
            published rule is "published"; networks drawn by it hardly learn, which is why it is not the
            default.
        input_shape: (rows, columns, 1), at least 32×32. C5 is a convolution, so a larger image gives a row or
            a field of answers, one for each place of a 32×32 window that moves in steps of four pixels.
        replace: other layers, each of which takes the place of the network's own layer of its name.

    Returns:
        A model that maps (N, 32, 32, 1) to (N, 10) distances; larger images to (N, rows, columns, 10).

    Raises:
        ValueError: an unknown `initializer`, an input that is too small, weights that do not fit, or a
            layer in `replace` whose name the network does not have.
        FileNotFoundError: no such file of weights.
    """
    _check_size(input_shape)
    one_answer = tuple(input_shape[:2]) == (INPUT_SIDE, INPUT_SIDE)
    chain = [
        keras.Input(input_shape, name="input"),
        Convolution(6, initializer=initializer, name="C1"),
        Subsampling(initializer=initializer, name="S2"),
        Convolution(16, C3_TABLE, initializer=initializer, name="C3"),
        Subsampling(initializer=initializer, name="S4"),
        Convolution(120, initializer=initializer, name="C5"),
        *([layers.Flatten(data_format="channels_last", name="flatten")] if one_answer else []),
        FullyConnected(84, initializer=initializer, name="F6"),
        EuclideanRBF(name="output"),
    ]
    names = [layer.name for layer in chain]
    for layer in replace:
        if layer.name not in names:
            raise ValueError(f"No layer of LeNet-5 is called {layer.name}: there is nothing to replace.")
        chain[names.index(layer.name)] = layer
    model = keras.Sequential(chain, name="lenet5_1998")
    if weights is not None:
        load_weights(model, WEIGHTS["lenet5_1998"].get(weights, weights))
    return model


def lenet1(initializer: str = "default", output_activation: str | None = "squash") -> keras.Model:
    """LeNet-1, the small network that the paper compares LeNet-5 with: 2,578 parameters, 98,442 connections.

    Layers, sizes and the table of H3 are those of LeCun et al. (1990), whose totals it meets
    (`paper.LENET1`); the layer names are theirs, too. What the 1998 paper does not say of it and had to be
    chosen: the subsampling is LeNet-5's, which the 1990 totals ask for (two parameters per map); every layer,
    the output included, squashes as in LeNet-5; and as the output's 1,930 parameters leave no room for fixed
    bitmaps, its ten units aim at ±1, as in the authors' own later code: compile it with
    `lenet_utils.losses.SquaredError`. Taught in *the-1998-network*.

    Args:
        initializer: how fresh weights are drawn, one of `lenet_utils.initializers.INITIALIZERS`.
        output_activation: None for the weighted sums themselves, which a softmax and cross-entropy ask for.

    Returns:
        A model that maps (N, 28, 28, 1) to (N, 10) scores between −1.7159 and 1.7159; the *largest* wins.

        The paper scales digits down to 16×16 and centres them in those 28×28, and does not say how it scales.
        MNIST's digits, up to 20×20, fit in as well: `to_lenet_input(images)[:, 2:-2, 2:-2]`.

    Raises:
        ValueError: an unknown `initializer`.
    """
    return keras.Sequential(
        [
            keras.Input((28, 28, 1), name="input"),
            Convolution(4, initializer=initializer, name="H1"),
            Subsampling(initializer=initializer, name="H2"),
            Convolution(12, LENET1_TABLE, initializer=initializer, name="H3"),
            Subsampling(initializer=initializer, name="H4"),
            layers.Flatten(data_format="channels_last", name="flatten"),
            FullyConnected(10, activation=output_activation, initializer=initializer, name="output"),
        ],
        name="lenet1",
    )


def lenet4(initializer: str = "default", output_activation: str | None = "squash") -> keras.Model:
    """LeNet-4, between LeNet-1 and LeNet-5: 50,698 parameters, 262,306 connections.

    The paper (section III.C) gives the maps of its layers (`paper.LENET4_MAPS`), two S2 maps for each C1 map,
    about 260,000 connections and about 17,000 parameters. The last number cannot be met: the 120 units alone,
    reading all of the sixteen 5×5 maps, have 48,120. What had to be chosen: the input is LeNet-5's, and each
    C3 map reads three S2 maps (`LENET4_TABLE`), which with 5×5 kernels gives the connections; which three is
    free. Squashing, the output's ten units and their loss are as in `lenet1`: with no layer of 84 units below
    there are no bitmaps for an RBF output to compare with. Taught in *the-1998-network*.

    Args:
        initializer: how fresh weights are drawn, one of `lenet_utils.initializers.INITIALIZERS`.
        output_activation: None for the weighted sums themselves, which a softmax and cross-entropy ask for.

    Returns:
        A model that maps (N, 32, 32, 1) to (N, 10) scores between −1.7159 and 1.7159; the *largest* wins.

    Raises:
        ValueError: an unknown `initializer`.
    """
    c1, s2, c3, _, c5, classes = LENET4_MAPS
    return keras.Sequential(
        [
            keras.Input((INPUT_SIDE, INPUT_SIDE, 1), name="input"),
            Convolution(c1, initializer=initializer, name="C1"),
            Subsampling(depth_multiplier=s2 // c1, initializer=initializer, name="S2"),
            Convolution(c3, LENET4_TABLE, initializer=initializer, name="C3"),
            Subsampling(initializer=initializer, name="S4"),
            Convolution(c5, initializer=initializer, name="C5"),
            layers.Flatten(data_format="channels_last", name="flatten"),
            FullyConnected(classes, activation=output_activation, initializer=initializer, name="output"),
        ],
        name="lenet4",
    )


def _check_size(input_shape) -> None:
    """Raise ValueError for an input that C5's kernels do not fit into."""
    if min(input_shape[:2]) < INPUT_SIDE:
        raise ValueError(
            f"input_shape={input_shape} is too small: after C1, S2, C3 and S4 the 5×5 kernels of C5 "
            f"need an input of at least {INPUT_SIDE}×{INPUT_SIDE}. Pad smaller images, as to_lenet_input does."
        )


def alexnet_cifar10() -> keras.Model:
    """An AlexNet cut down to CIFAR-10's 32×32 colour images, with 3×3 kernels throughout.

    Five convolutions, three max-pooling layers and three fully connected layers, as in Krizhevsky,
    Sutskever and Hinton (2012); the kernels, strides and the order of pooling are fitted to the small
    image, and local response normalisation is left out. Taught in *alexnet-on-cifar10*.

    Returns:
        A model that maps (N, 32, 32, 3) images in [0, 1] to (N, 10) probabilities.
    """
    return keras.Sequential(
        [
            keras.Input((32, 32, 3), name="input"),
            layers.Conv2D(96, 3, activation="relu", data_format="channels_last", name="conv1"),
            layers.MaxPooling2D(2, data_format="channels_last", name="pool1"),
            layers.Conv2D(
                256, 3, padding="same", activation="relu", data_format="channels_last", name="conv2"
            ),
            layers.MaxPooling2D(2, data_format="channels_last", name="pool2"),
            layers.Conv2D(
                384, 3, padding="same", activation="relu", data_format="channels_last", name="conv3"
            ),
            layers.Conv2D(
                384, 3, padding="same", activation="relu", data_format="channels_last", name="conv4"
            ),
            layers.Conv2D(
                256, 3, padding="same", activation="relu", data_format="channels_last", name="conv5"
            ),
            layers.MaxPooling2D(2, data_format="channels_last", name="pool5"),
            layers.Flatten(data_format="channels_last", name="flatten"),
            layers.Dense(4096, activation="relu", name="fc6"),
            layers.Dropout(0.5, name="dropout6"),
            layers.Dense(4096, activation="relu", name="fc7"),
            layers.Dropout(0.5, name="dropout7"),
            layers.Dense(10, activation="softmax", name="output"),
        ],
        name="alexnet_cifar10",
    )


__getattr__ = renamed(
    __name__,
    {
        "WEIGHTS": "lenet_utils.serialization.WEIGHTS",
        "classify": "lenet_utils.evaluation.classify",
        "load_weights": "lenet_utils.serialization.load_weights",
        "named_weights": "lenet_utils.serialization.named_weights",
        "save_weights": "lenet_utils.serialization.save_weights",
    },
)
