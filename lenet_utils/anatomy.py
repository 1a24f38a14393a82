"""What a network is made of, layer by layer: sizes, parameters, connections, work, receptive fields.

Counts as the paper does (section II.B): a *connection* carries one value into one unit, and a bias is a
connection too. Shared weights are one parameter and many connections; that ratio is the point of a
convolutional network. Taught in the chapter *architecture*.

A layer that this module does not know may describe itself by a method `anatomy(input_shape, output_shape)`,
which returns a dict: "kind" (a few words), "connections" and "multiply_adds" (integers) and, if its units look
through a window that slides over their input, "window" and "stride" (pairs of integers; each defaults to
(1, 1)). Both shapes include the batch axis, as Keras gives them.
"""

import math
from dataclasses import dataclass
from functools import partial, singledispatch
from itertools import pairwise

import keras
import numpy as np
import pandas as pd
from keras import layers

from lenet_utils.layers import Convolution, EuclideanRBF, FullyConnected, Subsampling

COUNTS = ["parameters", "connections", "multiply_adds"]
COLUMNS = ["kind", "maps", "height", "width", *COUNTS, "receptive_field", "jump"]

UNCHANGED = (
    layers.InputLayer,
    layers.Flatten,
    layers.Dropout,
    layers.Activation,
    layers.ReLU,
    layers.Softmax,
    layers.ZeroPadding2D,
)
"""Layers without parameters or connections of their own: they get no row."""


@dataclass(frozen=True)
class View:
    """What the units of one layer see of the image, in pixels, as (height, width) pairs.

    `field` is the size of a unit's receptive field, `jump` the distance between those of neighbours, and
    `start` where the first one begins (negative if it begins in the padding).
    """

    field: tuple[int, int] = (1, 1)
    jump: tuple[int, int] = (1, 1)
    start: tuple[int, int] = (0, 0)

    def through(self, window, stride, padding=(0, 0)) -> "View":
        """The view of units that look at these units through a sliding window."""
        return View(
            # r' = r + (k - 1) j  and  j' = s j
            tuple(r + (k - 1) * j for r, k, j in zip(self.field, window, self.jump, strict=True)),
            tuple(s * j for s, j in zip(stride, self.jump, strict=True)),
            tuple(first - p * j for first, p, j in zip(self.start, padding, self.jump, strict=True)),
        )


def layer_table(model: keras.Model, input_shape: tuple[int, int, int] | None = None) -> pd.DataFrame:
    """One row for each layer of a network that is a chain of layers.

    Layers that neither compute nor learn (flatten, dropout, a separate activation) get no row, so that the
    table of `lenet5()` stands row by row beside `paper.LENET5`.

    Args:
        model: a Sequential or functional model of convolutions, pooling, batch normalisation and fully
            connected layers, or of layers that describe themselves (see this module's head).
        input_shape: (height, width, channels), for a model whose own input size is open.

    Returns:
        A DataFrame indexed by the layers' names.

        - kind: a few words.
        - maps, height, width: of the output; a fully connected layer has maps of one unit.
        - parameters: those that training changes.
        - connections: values carried into units, biases included, a pixel of padding counted as a value.
        - multiply_adds: products of a weight and a value, for one image. Parameter-free pooling has none.
        - receptive_field: side in pixels of what a unit sees of the image, (height, width) if it is not
          square. It may reach into the padding, and then exceed the image.
        - jump: pixels between the receptive fields of neighbouring units.

        `table.attrs["totals"]` is a dict of the sums of parameters, connections and multiply_adds;
        `table.attrs["input_shape"]` is the (height, width, channels) that they are for.

    Raises:
        ValueError: the model is not built, has an open input size, is not one chain, does not fit
            `input_shape`, or has a layer that is neither known here nor describes itself.
    """
    rows = {layer.name: _row(layer, *shapes, view) for layer, shapes, view in _walk(model, input_shape)}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS)
    table.index.name = "layer"
    table.attrs["totals"] = {name: int(table[name].sum()) for name in COUNTS}
    table.attrs["input_shape"] = _input_shape(model, input_shape)[1:]
    return table


def feature_maps(model: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """The output of every layer of a chain for some images, from one pass through the network.

    Args:
        images: shape (N, height, width, channels).

    Returns:
        A dict by the names in `layer_table`, in their order and after "input": arrays of shape
        (N, height, width, maps), or (N, units) for fully connected layers.
    """
    names = list(layer_table(model, images.shape[1:]).index)
    outputs = keras.Model(model.inputs[0], [model.get_layer(name).output for name in names])(images)
    arrays = [keras.ops.convert_to_numpy(output) for output in outputs]
    return {"input": np.asarray(images), **dict(zip(names, arrays, strict=True))}


def receptive_box(
    model: keras.Model, layer: str, row: int, column: int, input_shape: tuple[int, int, int] | None = None
) -> tuple[int, int, int, int]:
    """The part of the image that one unit of a layer reads.

    Args:
        model, input_shape: as in `layer_table`.
        layer: the layer's name; row, column: the unit's place in its map.

    Returns:
        (top, left, height, width) in pixels; top and left are negative where the unit sees padding.

    Raises:
        ValueError: no such layer, or no such unit in it.
    """
    for found, (_, output_shape), view in _walk(model, input_shape):
        if found.name == layer:
            height, width = _size(output_shape)
            if not (0 <= row < height and 0 <= column < width):
                raise ValueError(f"{layer} has {height}×{width} units a map, none at ({row}, {column}).")
            top, left = (
                first + place * jump
                for first, place, jump in zip(view.start, (row, column), view.jump, strict=True)
            )
            return (top, left, *view.field)
    raise ValueError(f"No layer {layer!r} in the model; it has {', '.join(layer_table(model).index)}.")


def _walk(model, input_shape):
    """Each layer that gets a row, with its (input, output) shapes and its units' view."""
    shape, view = _input_shape(model, input_shape), View()
    for layer in _chain(model):
        before, shape = shape, tuple(layer.compute_output_spec(keras.KerasTensor(shape)).shape)
        view = _view(layer, before, shape, view)
        if not isinstance(layer, UNCHANGED):
            yield layer, (before, shape), view


def _input_shape(model, input_shape):
    if not model.built:
        raise ValueError(
            "The model is not built, so its layers have no sizes yet. Start it with "
            "keras.Input((height, width, channels)) or call model.build(...)."
        )
    try:
        shape = model.input_shape
    except AttributeError:
        raise ValueError("layer_table needs a Sequential or functional model with one input.") from None
    if isinstance(shape, list | dict):
        raise ValueError("layer_table needs a model with one input.")
    shape = (None, *input_shape) if input_shape else tuple(shape)
    if None in shape[1:]:
        raise ValueError(
            f"The model's input is {shape[1:]}: with an open size there is nothing to count. "
            "Name a size: layer_table(model, input_shape=(height, width, channels))."
        )
    return shape


def _chain(model):
    """The model's layers in order, each fed by the one before and by nothing else."""
    if isinstance(model, keras.Sequential):
        return model.layers
    for before, layer in pairwise(model.layers):
        try:
            chained = layer.input is before.output
        except (AttributeError, ValueError):  # the layer was called with several inputs, or more than once
            chained = False
        if not chained:
            raise ValueError(f"{layer.name} is not fed by the layer before it alone: the model is no chain.")
    return [layer for layer in model.layers if not isinstance(layer, layers.InputLayer)]


def _view(layer, input_shape, output_shape, view):
    if isinstance(layer, layers.Flatten):
        # Whatever follows sees all units at once: one window as large as the map.
        return view.through(_size(input_shape), (1, 1))
    if isinstance(layer, layers.ZeroPadding2D):
        (top, _), (left, _) = layer.padding
        return view.through((1, 1), (1, 1), (top, left))
    facts = _facts(layer, input_shape, output_shape)
    window, stride = facts.get("window", (1, 1)), facts.get("stride", (1, 1))
    padding = (0, 0)
    if getattr(layer, "padding", "valid") == "same":
        # What "same" adds in all, of which the smaller half goes before the first unit.
        padding = tuple(
            max((after - 1) * s + k - before, 0) // 2
            for before, after, k, s in zip(
                _size(input_shape), _size(output_shape), window, stride, strict=True
            )
        )
    return view.through(window, stride, padding)


def _row(layer, input_shape, output_shape, view):
    facts = _facts(layer, input_shape, output_shape)
    height, width = _size(output_shape)
    parameters = sum(math.prod(weight.shape) for weight in layer.trainable_weights)
    counts = [facts["connections"], facts["multiply_adds"]]
    sides = [_side(view.field), _side(view.jump)]
    return [facts["kind"], output_shape[-1], height, width, parameters, *counts, *sides]


def _side(pair):
    return pair[0] if pair[0] == pair[1] else pair


def _size(shape):
    """(height, width) of the maps; a vector of units has maps of one unit."""
    return tuple(shape[1:3]) if len(shape) == 4 else (1, 1)


def _facts(layer, input_shape, output_shape) -> dict:
    """What a layer says of itself, or what is known of its type."""
    if getattr(layer, "data_format", None) == "channels_first":
        raise ValueError(f"{layer.name} has its channels first; layer_table reads channels last.")
    # The layer's own method goes first: it may be of a known type and compute something else.
    describe = getattr(layer, "anatomy", None) or partial(_describe, layer)
    return describe(input_shape, output_shape)


@singledispatch
def _describe(layer, input_shape, output_shape) -> dict:
    """The facts of a layer by its type; see this module's head for what they are."""
    raise ValueError(
        f"layer_table does not know {layer.name}, a {type(layer).__name__}. A layer of your own can describe "
        "itself with a method anatomy(input_shape, output_shape); see help(lenet_utils.anatomy)."
    )


@_describe.register(layers.Conv2D)
def _convolution(layer, input_shape, output_shape):
    units = math.prod(output_shape[1:])
    products = units * math.prod(layer.kernel_size) * (input_shape[-1] // layer.groups)
    # A dilated kernel reaches further than it has weights.
    window = tuple((k - 1) * d + 1 for k, d in zip(layer.kernel_size, layer.dilation_rate, strict=True))
    return {
        "kind": f"convolution {_times(layer.kernel_size)}",
        "connections": products + units * layer.use_bias,
        "multiply_adds": products,
        "window": window,
        "stride": layer.strides,
    }


@_describe.register(layers.AveragePooling2D)
@_describe.register(layers.MaxPooling2D)
def _pooling(layer, input_shape, output_shape):
    kind = "max" if isinstance(layer, layers.MaxPooling2D) else "average"
    return {
        "kind": f"{kind} pooling {_times(layer.pool_size)}",
        "connections": math.prod(output_shape[1:]) * math.prod(layer.pool_size),
        "multiply_adds": 0,
        "window": layer.pool_size,
        "stride": layer.strides,
    }


@_describe.register(layers.GlobalAveragePooling2D)
@_describe.register(layers.GlobalMaxPooling2D)
def _global_pooling(layer, input_shape, output_shape):
    kind = "max" if isinstance(layer, layers.GlobalMaxPooling2D) else "average"
    return {
        "kind": f"global {kind} pooling",
        "connections": math.prod(input_shape[1:]),
        "multiply_adds": 0,
        "window": _size(input_shape),
    }


@_describe.register(layers.Dense)
@_describe.register(FullyConnected)
def _fully_connected(layer, input_shape, output_shape):
    if layer.kernel.shape[0] != input_shape[-1]:
        raise ValueError(
            f"{layer.name} has weights for {layer.kernel.shape[0]} inputs; this input size brings it "
            f"{input_shape[-1]}."
        )
    units = math.prod(output_shape[1:])
    return {
        "kind": "fully connected",
        "connections": units * (input_shape[-1] + getattr(layer, "use_bias", True)),
        "multiply_adds": units * input_shape[-1],
    }


@_describe.register(layers.BatchNormalization)
def _batch_normalization(layer, input_shape, output_shape):
    units = math.prod(output_shape[1:])
    return {"kind": "batch normalisation", "connections": 2 * units, "multiply_adds": units}


@_describe.register(Convolution)
def _convolution_of_1998(layer, input_shape, output_shape):
    units = output_shape[1] * output_shape[2]
    pairs = input_shape[-1] * layer.filters if layer.table is None else sum(map(len, layer.table))
    products = units * layer.kernel_size**2 * pairs
    window = (layer.kernel_size, layer.kernel_size)
    return {
        "kind": f"convolution {_times(window)}" + ("" if layer.table is None else ", partial"),
        "connections": products + units * layer.filters,
        "multiply_adds": products,
        "window": window,
    }


@_describe.register(Subsampling)
def _subsampling(layer, input_shape, output_shape):
    units = math.prod(output_shape[1:])
    return {
        "kind": "subsampling 2×2",
        "connections": 5 * units,  # four values and a bias
        "multiply_adds": units,
        "window": (2, 2),
        "stride": (2, 2),
    }


@_describe.register(EuclideanRBF)
def _euclidean_rbf(layer, input_shape, output_shape):
    products = input_shape[-1] * math.prod(output_shape[1:])
    return {"kind": "Euclidean RBF", "connections": products, "multiply_adds": products}


def _nothing(layer, input_shape, output_shape):
    return {"kind": "unchanged", "connections": 0, "multiply_adds": 0}


for _kind in UNCHANGED:
    _describe.register(_kind, _nothing)


def _times(pair):
    return "×".join(map(str, pair))
