"""The networks of this book as Keras models.

Written with Keras layers, so that any Keras backend can run them.
"""

from pathlib import Path

import keras
import numpy as np
from keras import layers

from lenet_utils._renamed import renamed
from lenet_utils.layers import Convolution, EuclideanRBF, FullyConnected, Subsampling
from lenet_utils.paper import C3_TABLE, INPUT_SIDE, LENET1_TABLE, LENET4_MAPS

_HERE = Path(__file__).with_name("weights")
WEIGHTS = {
    "lenet5": {"mnist": _HERE / "lenet5-mnist.npz"},
    "lenet5_1998": {"mnist": _HERE / "lenet5-1998-mnist.npz"},
}
"""Trained weights inside the package, by network and name; `experiments/pretrained_*.py` made them."""

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
            that `save_weights` wrote.

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
            layers.Conv2D(6, 5, activation=activation, name="C1"),
            pool(2, name="S2"),
            layers.Conv2D(16, 5, activation=activation, name="C3"),
            pool(2, name="S4"),
            layers.Conv2D(120, 5, activation=activation, name="C5"),
            layers.Flatten(name="flatten"),
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
    initial: str = "working",
    input_shape: tuple[int, int, int] = (INPUT_SIDE, INPUT_SIDE, 1),
    exchanged: tuple[keras.Layer, ...] = (),
) -> keras.Model:
    """LeNet-5 as published in 1998 (section II.B): 60,000 trainable parameters, 340,908 connections.

    Convolutions with 1.7159 tanh(2a/3), trainable subsampling, C3 connected by the paper's table, and an output layer
    of distances to ten fixed bitmaps: the *smallest* output is the answer, as `lenet_utils.evaluation` knows. Taught,
    part by part, in *the-1998-network*.

    Args:
        weights: None (fresh weights); "mnist" (trained on the 55,000 training digits that are not in the embedded
            sample); or the path of a file that `save_weights` wrote.
        initial: how fresh weights are drawn, one of `lenet_utils.layers.INITIAL_WEIGHTS`. The published rule is
            "published"; networks drawn by it hardly learn, which is why it is not the default.
        input_shape: (rows, columns, 1), at least 32×32. C5 is a convolution, so a larger picture gives a row or a
            field of answers, one for each place of a 32×32 window that moves in steps of four pixels.
        exchanged: other layers, each of which takes the place of the network's own layer of its name.

    Returns:
        A model that maps (N, 32, 32, 1) to (N, 10) distances; larger pictures to (N, rows, columns, 10).

    Raises:
        ValueError: an unknown `initial`, an input that is too small, weights that do not fit, or a layer to
            exchange whose name the network does not have.
        FileNotFoundError: no such file of weights.
    """
    _check_size(input_shape)
    one_answer = tuple(input_shape[:2]) == (INPUT_SIDE, INPUT_SIDE)
    chain = [
        keras.Input(input_shape, name="input"),
        Convolution(6, initial=initial, name="C1"),
        Subsampling(initial=initial, name="S2"),
        Convolution(16, C3_TABLE, initial=initial, name="C3"),
        Subsampling(initial=initial, name="S4"),
        Convolution(120, initial=initial, name="C5"),
        *([layers.Flatten(name="flatten")] if one_answer else []),
        FullyConnected(84, initial=initial, name="F6"),
        EuclideanRBF(name="output"),
    ]
    # Of two layers of one name a dictionary keeps the place of the first and the layer that came last.
    by_name = {layer.name: layer for layer in (*chain, *exchanged)}
    if len(by_name) > len(chain):
        strange = list(by_name)[len(chain) :]
        raise ValueError(f"No layer of LeNet-5 is called {', '.join(strange)}: there is nothing to exchange.")
    model = keras.Sequential([*by_name.values()], name="lenet5_1998")
    if weights is not None:
        load_weights(model, WEIGHTS["lenet5_1998"].get(weights, weights))
    return model


def lenet1(initial: str = "working", squashed_output: bool = True) -> keras.Model:
    """LeNet-1, the small network that the paper compares LeNet-5 with: 2,578 parameters, 98,442 connections.

    Layers, sizes and the table of H3 are those of LeCun et al. (1990), whose totals it meets (`paper.LENET1`); the
    layer names are theirs, too. What the 1998 paper does not say of it and had to be chosen: the subsampling is
    LeNet-5's, which the 1990 totals ask for (two parameters a map); every layer, the output included, squashes as in
    LeNet-5; and as the output's 1,930 parameters leave no room for fixed bitmaps, its ten units aim at ±1, as in
    the authors' own later code: compile it with `lenet_utils.losses.SquaredError`. Taught in *the-1998-network*.

    Args:
        initial: how fresh weights are drawn, one of `lenet_utils.layers.INITIAL_WEIGHTS`.
        squashed_output: False for plain sums, which a softmax and cross-entropy ask for.

    Returns:
        A model that maps (N, 28, 28, 1) to (N, 10) scores between −1.7159 and 1.7159; the *largest* wins.

        The paper scales digits down to 16×16 and centres them in those 28×28, and does not say how it scales. MNIST's
        digits, up to 20×20, fit in as well: `to_lenet_input(pictures)[:, 2:-2, 2:-2]`.

    Raises:
        ValueError: an unknown `initial`.
    """
    return keras.Sequential(
        [
            keras.Input((28, 28, 1), name="input"),
            Convolution(4, initial=initial, name="H1"),
            Subsampling(initial=initial, name="H2"),
            Convolution(12, LENET1_TABLE, initial=initial, name="H3"),
            Subsampling(initial=initial, name="H4"),
            layers.Flatten(name="flatten"),
            FullyConnected(10, squashed=squashed_output, initial=initial, name="output"),
        ],
        name="lenet1",
    )


def lenet4(initial: str = "working", squashed_output: bool = True) -> keras.Model:
    """LeNet-4, between LeNet-1 and LeNet-5: 50,698 parameters, 262,306 connections.

    The paper (section III.C) gives the maps of its layers (`paper.LENET4_MAPS`), two S2 maps for each C1 map, about
    260,000 connections and about 17,000 parameters. The last number cannot be met: the 120 units alone, reading all
    of the sixteen 5×5 maps, have 48,120. What had to be chosen: the input is LeNet-5's, and each C3 map reads three S2
    maps (`LENET4_TABLE`), which with 5×5 kernels gives the connections; which three is free. Squashing, the output's
    ten units and their loss are as in `lenet1`: with no layer of 84 units below there are no bitmaps for an RBF
    output to compare with. Taught in *the-1998-network*.

    Args:
        initial: how fresh weights are drawn, one of `lenet_utils.layers.INITIAL_WEIGHTS`.
        squashed_output: False for plain sums, which a softmax and cross-entropy ask for.

    Returns:
        A model that maps (N, 32, 32, 1) to (N, 10) scores between −1.7159 and 1.7159; the *largest* wins.

    Raises:
        ValueError: an unknown `initial`.
    """
    c1, s2, c3, _, c5, classes = LENET4_MAPS
    return keras.Sequential(
        [
            keras.Input((INPUT_SIDE, INPUT_SIDE, 1), name="input"),
            Convolution(c1, initial=initial, name="C1"),
            Subsampling(copies=s2 // c1, initial=initial, name="S2"),
            Convolution(c3, LENET4_TABLE, initial=initial, name="C3"),
            Subsampling(initial=initial, name="S4"),
            Convolution(c5, initial=initial, name="C5"),
            layers.Flatten(name="flatten"),
            FullyConnected(classes, squashed=squashed_output, initial=initial, name="output"),
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
    """An AlexNet cut down to CIFAR-10's 32×32 colour pictures, with 3×3 kernels throughout.

    Five convolutions, three max-pooling layers and three fully connected layers, as in Krizhevsky,
    Sutskever and Hinton (2012); the kernels, strides and the order of pooling are fitted to the small
    picture, and local response normalisation is left out. Taught in *alexnet-on-cifar10*.

    Returns:
        A model that maps (N, 32, 32, 3) pictures in [0, 1] to (N, 10) probabilities.
    """
    return keras.Sequential(
        [
            keras.Input((32, 32, 3), name="input"),
            layers.Conv2D(96, 3, activation="relu", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Conv2D(256, 3, padding="same", activation="relu", name="conv2"),
            layers.MaxPooling2D(2, name="pool2"),
            layers.Conv2D(384, 3, padding="same", activation="relu", name="conv3"),
            layers.Conv2D(384, 3, padding="same", activation="relu", name="conv4"),
            layers.Conv2D(256, 3, padding="same", activation="relu", name="conv5"),
            layers.MaxPooling2D(2, name="pool5"),
            layers.Flatten(name="flatten"),
            layers.Dense(4096, activation="relu", name="fc6"),
            layers.Dropout(0.5, name="dropout6"),
            layers.Dense(4096, activation="relu", name="fc7"),
            layers.Dropout(0.5, name="dropout7"),
            layers.Dense(10, activation="softmax", name="output"),
        ],
        name="alexnet_cifar10",
    )


def save_weights(model: keras.Model, path: str | Path) -> Path:
    """Write a model's weights to a compressed .npz file: one float32 array under each weight's path."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **named_weights(model))
    return path


def named_weights(model: keras.Model) -> dict[str, np.ndarray]:
    """A model's weights as float32 arrays, by names such as "C1/kernel", in the model's order."""
    arrays = {_name(weight): keras.ops.convert_to_numpy(weight) for weight in model.weights}
    return {name: array.astype("float32") for name, array in arrays.items()}


def load_weights(model: keras.Model, path: str | Path) -> None:
    """Fill a model with the weights that `save_weights` wrote. Nothing is unpickled.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not such a file, or the weights of another network; the message says which differ.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f'No weights at {path}. Known by name: "mnist".')
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except Exception as error:
        raise ValueError(f"{path} is not a file that save_weights wrote: {error}") from error
    wanted = {name: array.shape for name, array in named_weights(model).items()}
    found = {name: array.shape for name, array in arrays.items()}
    if wanted != found:
        differing = sorted(n for n in wanted.keys() | found.keys() if wanted.get(n) != found.get(n))
        raise ValueError(f"{path} holds the weights of another network; these differ: {differing}.")
    for weight in model.weights:
        weight.assign(arrays[_name(weight)])


def _name(weight) -> str:
    """ "C1/kernel": the layer's name and the weight's own, whatever the model around them is called."""
    return "/".join(weight.path.split("/")[-2:])


__getattr__ = renamed(__name__, {"classify": "lenet_utils.evaluation.classify"})
