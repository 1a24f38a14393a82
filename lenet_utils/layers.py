"""The layers of 1998 as Keras layers: forward as in the paper, and the second derivatives that its training needs.

Each layer but the last computes weighted sums `a`, the preactivation, and squashes them, x = f(a) (section
II.A). Beside `call`, each carries a *curvature*, the diagonal second derivative of the loss, backward through
itself (appendix C): `curvature(inputs, upstream)` takes ∂²E/∂x² of its outputs and returns ∂²E/∂x² of its
inputs and ∂²E/∂u² of its trainable weights. Terms with f″ are left out, so that no curvature is negative
(Gauss–Newton).

Written with `keras.ops`. Taught in the chapter *the-1998-network*.
"""

import keras
import numpy as np
from keras import ops

from lenet_utils.initializers import (
    FORMER_INITIALIZERS,
    FanIn,
    bias_initializer,
    check_initializer,
    coefficient_initializer,
)
from lenet_utils.paper import RBF_CENTRES, SQUASH_AMPLITUDE, SQUASH_SLOPE

ACTIVATIONS = ("squash", None)
"""What follows the preactivation: the paper's f, or nothing, as a softmax needs it."""

FORMER_SETTINGS = {
    "initial": "initializer",
    "maps": "filters",
    "side": "kernel_size",
    "copies": "depth_multiplier",
}
"""Settings in files that were saved before they had their present names."""


def squash(a):
    """f(a) = 1.7159 tanh(2a/3), of any shape (appendix A). Taught in *mathematics*."""
    return SQUASH_AMPLITUDE * ops.tanh(SQUASH_SLOPE * a)


def squash_derivative(a):
    """f′(a), at the preactivation a. Taught in *mathematics*."""
    return SQUASH_AMPLITUDE * SQUASH_SLOPE * (1 - ops.tanh(SQUASH_SLOPE * a) ** 2)


def im2col(inputs, kernel_size: int):
    """Every kernel_size × kernel_size window of the inputs as one vector: what the units of a convolution read.

    Args:
        inputs: (N, rows, columns, c).

    Returns:
        (N, rows − kernel_size + 1, columns − kernel_size + 1, kernel_size · kernel_size · c); a window's
        numbers stand in the order (row, column, channel), as in a Keras kernel.
    """
    rows, columns = ops.shape(inputs)[1] - kernel_size + 1, ops.shape(inputs)[2] - kernel_size + 1
    offsets = [(i, j) for i in range(kernel_size) for j in range(kernel_size)]
    return ops.concatenate([inputs[:, i : i + rows, j : j + columns] for i, j in offsets], axis=-1)


def col2im(vectors, kernel_size: int):
    """Put every window back where it came from and add what overlaps: the transpose of `im2col`.

    Args:
        vectors: (N, rows, columns, kernel_size · kernel_size · c).

    Returns:
        (N, rows + kernel_size − 1, columns + kernel_size − 1, c).
    """
    offsets = [(i, j) for i in range(kernel_size) for j in range(kernel_size)]
    parts = ops.split(vectors, len(offsets), axis=-1)
    margin = kernel_size - 1
    return sum(
        ops.pad(part, [(0, 0), (i, margin - i), (j, margin - j), (0, 0)])
        for part, (i, j) in zip(parts, offsets, strict=True)
    )


class SquashedLayer(keras.layers.Layer):
    """What all layers up to F6 share: a preactivation, and the squashing function after it.

    A subclass gives `preactivation(inputs)`, the weighted sums a, and `backward_curvature(inputs, upstream)`,
    which carries ∂²E/∂a² to the inputs and to the weights.

    Args:
        initializer: how fresh weights are drawn, one of `lenet_utils.initializers.INITIALIZERS`.
        activation: "squash", or None for the preactivation itself, as a softmax needs it.

    Raises:
        ValueError: an unknown initializer or activation.
    """

    def __init__(self, initializer: str = "default", activation: str | None = "squash", **options):
        super().__init__(**options)
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation={activation!r} is unknown; choose one of {ACTIVATIONS}.")
        self.initializer, self.activation = check_initializer(initializer), activation

    def call(self, inputs):
        a = self.preactivation(inputs)
        return a if self.activation is None else squash(a)

    def curvature(self, inputs, upstream):
        """Carry the curvature backward: ∂²E/∂a² = f′(a)² ∂²E/∂x², then through the weighted sums.

        Args:
            inputs: what the layer read.
            upstream: ∂²E/∂x² of what it returned, in that shape, one row per image.

        Returns:
            ∂²E/∂x² of the inputs, in their shape, and a list with ∂²E/∂u² of each trainable weight, summed
            over the images.
        """
        if self.activation is not None:
            upstream = squash_derivative(self.preactivation(inputs)) ** 2 * upstream
        return self.backward_curvature(inputs, upstream)

    def get_config(self):
        return {**super().get_config(), "initializer": self.initializer, "activation": self.activation}

    @classmethod
    def from_config(cls, config):
        """The layer of these settings, also of those of files saved under former names."""
        config = {FORMER_SETTINGS.get(name, name): value for name, value in config.items()}
        if config.get("initializer") in FORMER_INITIALIZERS:
            config["initializer"] = FORMER_INITIALIZERS[config["initializer"]]
        if "squashed" in config:
            config["activation"] = "squash" if config.pop("squashed") else None
        return super().from_config(config)


@keras.saving.register_keras_serializable("lenet_utils")
class Convolution(SquashedLayer):
    """A convolutional layer with 5×5 kernels (C1, C3, C5; section II.A).

    Args:
        filters: how many feature maps it writes.
        table: for each of those, the channels that it reads; None lets it read all. C3 reads
            `paper.C3_TABLE`. With a table the kernel has the shape (5, 5, connections), one 5×5 slice for
            each pair of an input channel and a filter, in the table's order; without, (5, 5, channels,
            filters).
        kernel_size: side of the square kernels.
        initializer, activation: see `SquashedLayer`.
    """

    def __init__(self, filters: int, table=None, kernel_size: int = 5, **options):
        super().__init__(**options)
        self.filters, self.kernel_size = filters, kernel_size
        self.table = None if table is None else tuple(tuple(read) for read in table)
        if self.table is not None and len(self.table) != filters:
            raise ValueError(
                f"The table has {len(self.table)} rows; a layer of {filters} filters needs one for each."
            )

    def build(self, input_shape):
        channels, area = input_shape[-1], self.kernel_size**2
        shape, fan_in, unit_fan_in = (channels, self.filters), area * channels, area * channels
        if self.table is not None:
            self.placement = self._placement(channels)
            shape = self.placement.shape[:1]
            unit_fan_in = [area * len(row) for row in self.table]
            fan_in = [area * len(row) for row in self.table for _ in row]
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.kernel_size, self.kernel_size, *shape),
            initializer=FanIn(self.initializer, fan_in),
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.filters,), initializer=bias_initializer(self.initializer, unit_fan_in)
        )

    def _placement(self, channels: int) -> np.ndarray:
        """(connections, channels, filters), 1 where connection q leads from channel c to filter m, else 0."""
        highest = max(max(row) for row in self.table)
        if highest >= channels:
            raise ValueError(f"The table names channel {highest}, but the input has {channels} channels.")
        pairs = [(c, m) for m, row in enumerate(self.table) for c in row]
        placement = np.zeros((len(pairs), channels, self.filters), "float32")
        for q, (c, m) in enumerate(pairs):
            placement[q, c, m] = 1
        return placement

    def kernel_matrix(self, kernel):
        """The kernel as (kernel_size² · channels, filters); 0 where the table has no connection."""
        if self.table is not None:
            kernel = ops.tensordot(kernel, ops.convert_to_tensor(self.placement), axes=1)
        return ops.reshape(kernel, (-1, self.filters))

    def preactivation(self, inputs):
        matrix = self.kernel_matrix(self.kernel)
        if inputs.shape[0] == 1:
            # For one image, as in online training, this product takes a quarter of the time.
            return ops.matmul(im2col(inputs, self.kernel_size), matrix) + self.bias
        kernel = ops.reshape(matrix, (self.kernel_size, self.kernel_size, -1, self.filters))
        return ops.conv(inputs, kernel, data_format="channels_last") + self.bias

    def backward_curvature(self, inputs, upstream):
        # A shared weight adds up what its connections give: Σ x² ∂²E/∂a² over all places.
        kernel = ops.einsum("nyxk,nyxm->km", im2col(inputs, self.kernel_size) ** 2, upstream)
        kernel = ops.reshape(kernel, (self.kernel_size, self.kernel_size, -1, self.filters))
        if self.table is not None:
            kernel = ops.einsum("ijcm,qcm->ijq", kernel, ops.convert_to_tensor(self.placement))
        downstream = ops.matmul(upstream, ops.transpose(self.kernel_matrix(self.kernel**2)))
        return col2im(downstream, self.kernel_size), [kernel, ops.sum(upstream, axis=(0, 1, 2))]

    def compute_output_shape(self, input_shape):
        rows, columns = (None if size is None else size - self.kernel_size + 1 for size in input_shape[1:3])
        return (input_shape[0], rows, columns, self.filters)

    def get_config(self):
        settings = {"filters": self.filters, "table": self.table, "kernel_size": self.kernel_size}
        return {**super().get_config(), **settings}


@keras.saving.register_keras_serializable("lenet_utils")
class Subsampling(SquashedLayer):
    """A subsampling layer (S2, S4): coefficient · sum of a 2×2 block + bias, squashed (section II.B).

    One trainable coefficient and one trainable bias per map: not average pooling. An odd last row or column
    of the input is left out.

    Args:
        depth_multiplier: how many maps, each with its own coefficient and bias, read each input map; 1 in
            LeNet-5, 2 in LeNet-4. Map m reads input map m // depth_multiplier.
        initializer, activation: see `SquashedLayer`.
    """

    def __init__(self, depth_multiplier: int = 1, **options):
        super().__init__(**options)
        self.depth_multiplier = depth_multiplier

    def build(self, input_shape):
        shape = (self.depth_multiplier * input_shape[-1],)
        self.coefficient = self.add_weight(
            name="coefficient", shape=shape, initializer=coefficient_initializer(self.initializer)
        )
        self.bias = self.add_weight(
            name="bias", shape=shape, initializer=bias_initializer(self.initializer, 4)
        )

    def block_sums(self, inputs):
        """The sum of the 2×2 block that each unit reads: (N, rows // 2, columns // 2, maps)."""
        blocks = 4 * ops.average_pool(inputs, 2, strides=2, data_format="channels_last")
        return blocks if self.depth_multiplier == 1 else ops.repeat(blocks, self.depth_multiplier, axis=-1)

    def preactivation(self, inputs):
        return self.coefficient * self.block_sums(inputs) + self.bias

    def backward_curvature(self, inputs, upstream):
        coefficient = ops.sum(self.block_sums(inputs) ** 2 * upstream, axis=(0, 1, 2))
        places, (rows, columns) = ops.shape(upstream)[:3], ops.shape(inputs)[1:3]
        by_input = ops.reshape(self.coefficient**2 * upstream, (*places, -1, self.depth_multiplier))
        downstream = ops.repeat(ops.repeat(ops.sum(by_input, axis=-1), 2, axis=1), 2, axis=2)
        downstream = ops.pad(downstream, [(0, 0), (0, rows % 2), (0, columns % 2), (0, 0)])
        return downstream, [coefficient, ops.sum(upstream, axis=(0, 1, 2))]

    def compute_output_shape(self, input_shape):
        rows, columns = (None if size is None else size // 2 for size in input_shape[1:3])
        return (input_shape[0], rows, columns, self.depth_multiplier * input_shape[-1])

    def get_config(self):
        return {**super().get_config(), "depth_multiplier": self.depth_multiplier}


@keras.saving.register_keras_serializable("lenet_utils")
class FullyConnected(SquashedLayer):
    """A fully connected layer (F6; section II.B).

    Args:
        units: how many.
        initializer, activation: see `SquashedLayer`.
    """

    def __init__(self, units: int, **options):
        super().__init__(**options)
        self.units = units

    def build(self, input_shape):
        fan_in = input_shape[-1]
        self.kernel = self.add_weight(
            name="kernel", shape=(fan_in, self.units), initializer=FanIn(self.initializer, fan_in)
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.units,), initializer=bias_initializer(self.initializer, fan_in)
        )

    def preactivation(self, inputs):
        return ops.matmul(inputs, self.kernel) + self.bias

    def backward_curvature(self, inputs, upstream):
        kernel = ops.matmul(ops.transpose(inputs**2), upstream)
        downstream = ops.matmul(upstream, ops.transpose(self.kernel**2))
        return downstream, [kernel, ops.sum(upstream, axis=0)]

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable("lenet_utils")
class EuclideanRBF(keras.layers.Layer):
    """The output layer: the squared distance to each class's fixed centre, y_i = Σ_j (x_j − w_ij)² (section II.B).

    Args:
        centres: (classes, units); None takes `paper.RBF_CENTRES`, the ten bitmaps of figure 3.
        trainable: the paper's are "fixed at least initially"; True lets them adapt.
    """

    def __init__(self, centres=None, trainable: bool = False, **options):
        super().__init__(trainable=trainable, **options)
        self.initial_centres = np.asarray(RBF_CENTRES if centres is None else centres, "float32")

    def build(self, input_shape):
        classes, units = self.initial_centres.shape
        if input_shape[-1] != units:
            raise ValueError(f"The centres have {units} cells, the layer below {input_shape[-1]} units.")
        self.centres = self.add_weight(
            name="centres",
            shape=(classes, units),
            initializer=lambda shape, dtype=None: ops.cast(self.initial_centres, dtype),
        )

    def call(self, inputs):
        return ops.sum((inputs[..., None, :] - self.centres) ** 2, axis=-1)

    def exact_curvature(self, inputs, gradient, hessian):
        """∂²E/∂x_j² of the inputs from the loss's derivatives by the distances, exact but for what is off the
        diagonal: Σ_ik ∂²E/∂y_i∂y_k g_ij g_kj + 2 Σ_i ∂E/∂y_i, where g_ij = ∂y_i/∂x_j = 2 (x_j − w_ij).

        Args:
            inputs: (N, units).
            gradient: ∂E/∂y_i, (N, classes).
            hessian: ∂²E/∂y_i∂y_k, (N, classes, classes).

        Returns:
            (N, units).
        """
        g = 2 * (inputs[:, None, :] - self.centres)
        return ops.sum(ops.matmul(hessian, g) * g, axis=1) + 2 * ops.sum(gradient, axis=1, keepdims=True)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], len(self.initial_centres))

    def get_config(self):
        return {**super().get_config(), "centres": self.initial_centres.tolist()}
