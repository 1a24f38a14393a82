"""The layers of 1998 as Keras layers: forward as in the paper, and the second derivatives that its training needs.

Each layer but the last computes weighted sums `a` and squashes them, x = f(a) (section II.A). Beside `call`, each
knows how to carry a *curvature*, the diagonal second derivative of the loss, backward through itself
(appendix C): `curvature(inputs, upstream)` takes ∂²E/∂x² of its outputs and returns ∂²E/∂x² of its inputs and
∂²E/∂u² of its trainable weights. Terms with f″ are left out, so that no curvature is negative (Gauss–Newton).

Written with `keras.ops`: any Keras backend can run them. Taught in the chapter *the-1998-network*.
"""

import math

import keras
import numpy as np
from keras import ops

from lenet_utils.paper import INITIAL_RANGE, SQUASH_AMPLITUDE, SQUASH_SLOPE
from lenet_utils.reference import LUSH_COEFFICIENT, WORKING_COEFFICIENT, bitmaps

register = keras.saving.register_keras_serializable("lenet_utils")

INITIAL_WEIGHTS = ("published", "lush", "working", "he")
"""How fresh weights may be drawn, F being a unit's fan-in, the number of values that it reads:

- "published": everything uniform in ±2.4/F (appendix A), the subsampling layers' four inputs included;
- "lush": weights uniform in ±1/√F, biases 0, subsampling coefficients 1/2, as the authors' own later code does;
- "working": the same with subsampling coefficients of 0.8, one of several values that held-out training digits
  cannot tell apart (the study `search_1998`): the default;
- "he": weights normal with variance 2/F (He et al., 2015), the rest as in "working".
"""


COEFFICIENTS = {"lush": LUSH_COEFFICIENT, "working": WORKING_COEFFICIENT, "he": WORKING_COEFFICIENT}
"""What the coefficients of the subsampling layers start with, where they are not drawn."""


@register
class FanIn(keras.initializers.Initializer):
    """Random weights scaled by the fan-in of the unit that each belongs to; see `INITIAL_WEIGHTS`.

    Args:
        kind: one of `INITIAL_WEIGHTS`.
        fan_in: a number, or one for each entry of the weight's last axis.
        seed: None draws from Keras' global generator.
    """

    def __init__(self, kind: str, fan_in, seed: int | None = None):
        if kind not in INITIAL_WEIGHTS:
            raise ValueError(f"initial={kind!r} is unknown; choose one of {INITIAL_WEIGHTS}.")
        self.kind, self.fan_in, self.seed = kind, np.asarray(fan_in).tolist(), seed

    def __call__(self, shape, dtype=None):
        fan_in = np.asarray(self.fan_in, "float32")
        if self.kind == "he":
            return keras.random.normal(shape, dtype=dtype, seed=self.seed) * np.sqrt(2 / fan_in)
        bound = INITIAL_RANGE / fan_in if self.kind == "published" else 1 / np.sqrt(fan_in)
        return keras.random.uniform(shape, -1, 1, dtype=dtype, seed=self.seed) * bound

    def get_config(self):
        return {"kind": self.kind, "fan_in": self.fan_in, "seed": self.seed}


def biases(initial: str, fan_in) -> keras.initializers.Initializer:
    """How a layer's biases start: drawn like its weights if as published, else 0."""
    return FanIn(initial, fan_in) if initial == "published" else keras.initializers.Zeros()


def squash(a):
    """f(a) = 1.7159 tanh(2a/3), of any shape (appendix A). Taught in *mathematics*."""
    return SQUASH_AMPLITUDE * ops.tanh(SQUASH_SLOPE * a)


def squash_derivative(a):
    """f′(a), at the weighted sum a. Taught in *mathematics*."""
    return SQUASH_AMPLITUDE * SQUASH_SLOPE * (1 - ops.tanh(SQUASH_SLOPE * a) ** 2)


def windows(maps, side: int):
    """Every side × side window of the maps as one vector: what the units of a convolution read.

    Args:
        maps: (N, rows, columns, c).

    Returns:
        (N, rows − side + 1, columns − side + 1, side · side · c); a window's numbers stand in the order
        (row, column, map), as in a Keras kernel.
    """
    rows, columns = ops.shape(maps)[1] - side + 1, ops.shape(maps)[2] - side + 1
    shifted = [maps[:, i : i + rows, j : j + columns] for i in range(side) for j in range(side)]
    return ops.concatenate(shifted, axis=-1)


def overlap(vectors, side: int):
    """Put every window back where it came from and add what overlaps: the transpose of `windows`.

    Args:
        vectors: (N, rows, columns, side · side · c).

    Returns:
        (N, rows + side − 1, columns + side − 1, c).
    """
    places = [(i, j) for i in range(side) for j in range(side)]
    parts = ops.split(vectors, len(places), axis=-1)
    margin = side - 1
    return sum(
        ops.pad(part, [(0, 0), (i, margin - i), (j, margin - j), (0, 0)])
        for part, (i, j) in zip(parts, places, strict=True)
    )


class SquashedLayer(keras.layers.Layer):
    """What all layers up to F6 share: weighted sums, squashed.

    A subclass gives `sums(inputs)`, the weighted sums a, and `sums_curvature(inputs, upstream)`, which carries
    ∂²E/∂a² to the inputs and to the weights.

    Args:
        initial: how fresh weights are drawn, one of `INITIAL_WEIGHTS`.
        squashed: False leaves the weighted sums as they are, as a softmax needs them.
    """

    def __init__(self, initial: str = "working", squashed: bool = True, **options):
        super().__init__(**options)
        if initial not in INITIAL_WEIGHTS:
            raise ValueError(f"initial={initial!r} is unknown; choose one of {INITIAL_WEIGHTS}.")
        self.initial, self.squashed = initial, squashed

    def call(self, inputs):
        sums = self.sums(inputs)
        return squash(sums) if self.squashed else sums

    def curvature(self, inputs, upstream):
        """Carry the curvature backward: ∂²E/∂a² = f′(a)² ∂²E/∂x², then through the weighted sums.

        Args:
            inputs: what the layer read.
            upstream: ∂²E/∂x² of what it returned, in that shape, one row a picture.

        Returns:
            ∂²E/∂x² of the inputs, in their shape, and a list with ∂²E/∂u² of each trainable weight, summed
            over the pictures.
        """
        if self.squashed:
            upstream = squash_derivative(self.sums(inputs)) ** 2 * upstream
        return self.sums_curvature(inputs, upstream)

    def get_config(self):
        return {**super().get_config(), "initial": self.initial, "squashed": self.squashed}


@register
class Convolution(SquashedLayer):
    """A convolutional layer with 5×5 kernels (C1, C3, C5; section II.A).

    Args:
        maps: how many maps it writes.
        table: for each of those, the maps that it reads; None lets it read all. C3 reads `paper.C3_TABLE`.
            With a table the kernel has the shape (5, 5, connections), one 5×5 slice for each pair of an input
            map and an output map, in the table's order; without, (5, 5, maps read, maps written).
        side: of the kernels.
        initial, squashed: see `SquashedLayer`.
    """

    def __init__(self, maps: int, table=None, side: int = 5, **options):
        super().__init__(**options)
        self.maps, self.side = maps, side
        self.table = None if table is None else tuple(tuple(read) for read in table)
        if self.table is not None and len(self.table) != maps:
            raise ValueError(
                f"The table has {len(self.table)} rows; a layer of {maps} maps needs one for each."
            )

    def build(self, input_shape):
        read, area = input_shape[-1], self.side**2
        if self.table is None:
            kernel_shape, kernel_fan_in = (self.side, self.side, read, self.maps), area * read
            unit_fan_in = kernel_fan_in
        else:
            highest = max(max(row) for row in self.table)
            if highest >= read:
                raise ValueError(f"The table names map {highest}, but the input has {read} maps.")
            unit_fan_in = [area * len(row) for row in self.table]
            kernel_fan_in = [area * len(row) for row in self.table for _ in row]
            kernel_shape = (self.side, self.side, len(kernel_fan_in))
            # placement[q, c, m] = 1 where connection q leads from map c to map m.
            self.placement = np.zeros((len(kernel_fan_in), read, self.maps), "float32")
            pairs = [(c, m) for m, row in enumerate(self.table) for c in row]
            for q, (c, m) in enumerate(pairs):
                self.placement[q, c, m] = 1
        self.kernel = self.add_weight(
            name="kernel", shape=kernel_shape, initializer=FanIn(self.initial, kernel_fan_in)
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.maps,), initializer=biases(self.initial, unit_fan_in)
        )

    def columns(self, kernel):
        """The kernel as a matrix (side · side · maps read, maps written); 0 where the table has no connection."""
        if self.table is not None:
            kernel = ops.tensordot(kernel, ops.convert_to_tensor(self.placement), axes=1)
        return ops.reshape(kernel, (-1, self.maps))

    def sums(self, inputs):
        columns = self.columns(self.kernel)
        if inputs.shape[0] == 1:
            # For one picture, as in pattern-by-pattern training, this product takes a quarter of the time.
            return ops.matmul(windows(inputs, self.side), columns) + self.bias
        kernel = ops.reshape(columns, (self.side, self.side, -1, self.maps))
        return ops.conv(inputs, kernel) + self.bias

    def sums_curvature(self, inputs, upstream):
        # A shared weight adds up what its connections give: Σ x² ∂²E/∂a² over all places.
        kernel = ops.einsum("nyxk,nyxm->km", windows(inputs, self.side) ** 2, upstream)
        kernel = ops.reshape(kernel, (self.side, self.side, -1, self.maps))
        if self.table is not None:
            kernel = ops.einsum("ijcm,qcm->ijq", kernel, ops.convert_to_tensor(self.placement))
        downstream = ops.matmul(upstream, ops.transpose(self.columns(self.kernel**2)))
        return overlap(downstream, self.side), [kernel, ops.sum(upstream, axis=(0, 1, 2))]

    def compute_output_shape(self, input_shape):
        rows, columns = (None if size is None else size - self.side + 1 for size in input_shape[1:3])
        return (input_shape[0], rows, columns, self.maps)

    def anatomy(self, input_shape, output_shape):
        units = output_shape[1] * output_shape[2]
        pairs = input_shape[-1] * self.maps if self.table is None else sum(map(len, self.table))
        products = units * self.side**2 * pairs
        partial = "" if self.table is None else ", partial"
        return {
            "kind": f"convolution {self.side}×{self.side}{partial}",
            "connections": products + units * self.maps,
            "multiply_adds": products,
            "window": (self.side, self.side),
        }

    def get_config(self):
        return {**super().get_config(), "maps": self.maps, "table": self.table, "side": self.side}


@register
class Subsampling(SquashedLayer):
    """A subsampling layer (S2, S4): coefficient · sum of a 2×2 block + bias, squashed (section II.B).

    One trainable coefficient and one trainable bias a map: not average pooling. An odd last row or column of the
    input is left out.

    Args:
        copies: how many maps, each with its own coefficient and bias, read each input map; 1 in LeNet-5, 2 in
            LeNet-4. Map m reads input map m // copies.
        initial, squashed: see `SquashedLayer`.
    """

    def __init__(self, copies: int = 1, **options):
        super().__init__(**options)
        self.copies = copies

    def build(self, input_shape):
        maps = (self.copies * input_shape[-1],)
        published = self.initial == "published"
        start = (
            FanIn("published", 4) if published else keras.initializers.Constant(COEFFICIENTS[self.initial])
        )
        self.coefficient = self.add_weight(name="coefficient", shape=maps, initializer=start)
        self.bias = self.add_weight(name="bias", shape=maps, initializer=biases(self.initial, 4))

    def blocks(self, inputs):
        """The sum of the 2×2 block that each unit reads: (N, rows // 2, columns // 2, maps)."""
        blocks = 4 * ops.average_pool(inputs, 2, strides=2)
        return blocks if self.copies == 1 else ops.repeat(blocks, self.copies, axis=-1)

    def sums(self, inputs):
        return self.coefficient * self.blocks(inputs) + self.bias

    def sums_curvature(self, inputs, upstream):
        coefficient = ops.sum(self.blocks(inputs) ** 2 * upstream, axis=(0, 1, 2))
        places, (rows, columns) = ops.shape(upstream)[:3], ops.shape(inputs)[1:3]
        blocks = ops.sum(ops.reshape(self.coefficient**2 * upstream, (*places, -1, self.copies)), axis=-1)
        downstream = ops.repeat(ops.repeat(blocks, 2, axis=1), 2, axis=2)
        downstream = ops.pad(downstream, [(0, 0), (0, rows % 2), (0, columns % 2), (0, 0)])
        return downstream, [coefficient, ops.sum(upstream, axis=(0, 1, 2))]

    def compute_output_shape(self, input_shape):
        rows, columns = (None if size is None else size // 2 for size in input_shape[1:3])
        return (input_shape[0], rows, columns, self.copies * input_shape[-1])

    def anatomy(self, input_shape, output_shape):
        units = output_shape[1] * output_shape[2] * output_shape[3]
        return {
            "kind": "subsampling 2×2",
            "connections": 5 * units,
            "multiply_adds": units,
            "window": (2, 2),
            "stride": (2, 2),
        }

    def get_config(self):
        return {**super().get_config(), "copies": self.copies}


@register
class FullyConnected(SquashedLayer):
    """A fully connected layer (F6; section II.B).

    Args:
        units: how many.
        initial, squashed: see `SquashedLayer`.
    """

    def __init__(self, units: int, **options):
        super().__init__(**options)
        self.units = units

    def build(self, input_shape):
        read = input_shape[-1]
        self.kernel = self.add_weight(
            name="kernel", shape=(read, self.units), initializer=FanIn(self.initial, read)
        )
        self.bias = self.add_weight(name="bias", shape=(self.units,), initializer=biases(self.initial, read))

    def sums(self, inputs):
        return ops.matmul(inputs, self.kernel) + self.bias

    def sums_curvature(self, inputs, upstream):
        kernel = ops.matmul(ops.transpose(inputs**2), upstream)
        downstream = ops.matmul(upstream, ops.transpose(self.kernel**2))
        return downstream, [kernel, ops.sum(upstream, axis=0)]

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def anatomy(self, input_shape, output_shape):
        units = math.prod(output_shape[1:])
        products = input_shape[-1] * units
        return {
            "kind": "fully connected",
            "connections": products + units,
            "multiply_adds": products,
        }

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@register
class EuclideanRBF(keras.layers.Layer):
    """The output layer: the squared distance to each class's fixed centre, y_i = Σ_j (x_j − w_ij)² (section II.B).

    Args:
        centres: (classes, units); None takes the ten bitmaps.
        trainable: the paper's are "fixed at least initially"; True lets them adapt.
    """

    def __init__(self, centres=None, trainable: bool = False, **options):
        super().__init__(trainable=trainable, **options)
        self.start = bitmaps() if centres is None else np.asarray(centres, "float32")

    def build(self, input_shape):
        if input_shape[-1] != self.start.shape[1]:
            raise ValueError(
                f"The centres have {self.start.shape[1]} cells, the layer below {input_shape[-1]} units."
            )
        self.centres = self.add_weight(
            name="centres",
            shape=self.start.shape,
            initializer=lambda shape, dtype=None: ops.cast(self.start, dtype),
        )

    def call(self, inputs):
        return ops.sum((inputs[..., None, :] - self.centres) ** 2, axis=-1)

    def exact_curvature(self, inputs, slope, hessian):
        """∂²E/∂x_j² of the inputs from the loss's derivatives by the distances, nothing left out but what is not
        on the diagonal: Σ_ik ∂²E/∂y_i∂y_k g_ij g_kj + 2 Σ_i ∂E/∂y_i, where g_ij = ∂y_i/∂x_j = 2 (x_j − w_ij).

        Args:
            inputs: (N, units); slope: (N, classes); hessian: (N, classes, classes).

        Returns:
            (N, units).
        """
        g = 2 * (inputs[:, None, :] - self.centres)
        return ops.sum(ops.matmul(hessian, g) * g, axis=1) + 2 * ops.sum(slope, axis=1, keepdims=True)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], len(self.start))

    def anatomy(self, input_shape, output_shape):
        products = input_shape[-1] * math.prod(output_shape[1:])
        return {"kind": "Euclidean RBF", "connections": products, "multiply_adds": products}

    def get_config(self):
        return {**super().get_config(), "centres": self.start.tolist()}
