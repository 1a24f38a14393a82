"""Checks of the exercises in the chapter *architecture*."""

import numpy as np

from lenet_utils import paper
from lenet_utils.checks import WrongError, attempt, exercise, expect


@exercise
def check_input_side(answer) -> None:
    """`answer(n)`: the side of the picture for which C5's maps are n×n."""
    for n in (1, 2, 5, 9):
        side = attempt(answer, n)
        expect(np.ndim(side) == 0, "return one number, the side of the square picture.")
        if n == 1:
            expect(side == 32, f"for n = 1 the answer must be today's 32, not {side}.")
        expect(
            n == 1 or side != 32 * n,
            "C5's windows overlap: twice as many units do not need twice the picture.",
        )
        expect(
            side == 4 * n + 28,
            f"for n = {n} the picture is not {side}×{side}. Go back layer by layer: "
            "before a 5×5 window a map is 4 larger, before a 2×2 one twice as large.",
        )


def table_of_class(class_number: int) -> list[tuple[int, ...]]:
    """A table of connections as the paper's Table I: for each map of C3 the maps of S2 that it sees, one to six.

    Another number of maps and other connections for each class. Asked for in *architecture*.
    """
    generator = np.random.default_rng(class_number)
    sizes = generator.integers(1, 7, generator.integers(12, 24))
    return [tuple(sorted(generator.permutation(6)[:size].tolist())) for size in sizes]


@exercise
def check_count_convolution(answer, connections_of_c3, class_number) -> None:
    """`answer(side, maps_in, maps_out, kernel)`: (parameters, connections); and those of the class's own C3."""
    generator = np.random.default_rng(2)
    for _ in range(5):
        side, maps_in, maps_out, kernel = (int(n) for n in generator.integers([12, 2, 5, 2], [40, 5, 9, 7]))
        found = attempt(answer, side, maps_in, maps_out, kernel)
        expect(np.shape(found) == (2,), "return two numbers: parameters, connections.")
        if found[0] is Ellipsis or found[0] is None:
            attempt(None)
        parameters, connections = (int(n) for n in found)
        weights, units = maps_out * maps_in * kernel**2, (side - kernel + 1) ** 2
        expect(parameters != weights, "every map has a bias, too.")
        expect(parameters != maps_out * (kernel**2 + 1), "a unit looks at *all* the maps below it.")
        expect(
            parameters != weights + maps_out * units,
            "the bias is shared, as the kernel is: one a map, not one a unit.",
        )
        expect(parameters == weights + maps_out, f"{parameters:,} parameters is not right.")
        expect(connections != parameters * side**2, "the maps are smaller than the picture: no padding here.")
        expect(connections != weights * units, "the value that a bias brings is a connection as well.")
        expect(
            connections == parameters * units,
            f"{connections:,} connections is not right: how often is each parameter used?",
        )
    expect(
        connections_of_c3 not in (None, ...), "the function is right. Now count C3 with your class's table."
    )
    expect(np.ndim(connections_of_c3) == 0, "C3's connections are one number.")
    table = table_of_class(class_number)
    kernels, places = sum(map(len, table)), 10 * 10
    expect(
        connections_of_c3 != 25 * kernels + len(table),
        "those are C3's parameters; each is used once at every place of its map.",
    )
    expect(connections_of_c3 != places * 25 * kernels, "the maps of C3 have biases, too.")
    expect(
        connections_of_c3 != places * len(table) * (25 * 6 + 1), "in your table not every map sees all six."
    )
    expect(
        connections_of_c3 == places * (25 * kernels + len(table)),
        f"the function is right, but {connections_of_c3} is not the number of connections of C3 with the table "
        f"of class {class_number}. Count each map by itself.",
    )


@exercise
def check_padding_connections(answer) -> None:
    """`answer(side, kernel, maps)`: connections that bring padding, for an odd kernel, padding "same"."""
    for side, kernel, maps in ((28, 5, 6), (9, 3, 1), (11, 7, 4)):
        found = attempt(answer, side, kernel, maps)
        expect(np.ndim(found) == 0, "return one number.")
        reach = kernel // 2
        # How many (unit, tap) pairs of one axis meet a pixel.
        real = side * kernel - reach * (reach + 1)
        wanted = maps * ((side * kernel) ** 2 - real**2)
        outside = side * kernel - real
        expect(found != maps * real**2, "those are the connections that do bring a pixel.")
        expect(found * maps != wanted or maps == 1, "count them in all the maps.")
        expect(
            found != maps * 2 * outside * side * kernel,
            "at the corners a connection can miss the picture in both directions; you counted those twice.",
        )
        expect(
            found == wanted,
            f"for side {side}, kernel {kernel} and {maps} maps it is not {found:,}. "
            "Try one axis first: which taps of the first unit fall outside?",
        )


MOST_PARAMETERS = 61_706


@exercise
def check_small_kernels(answer) -> None:
    """`answer()` (or a model): no window above 3×3, C5's view of 32×32, fewer parameters than LeNet-5."""
    from lenet_utils.anatomy import layer_table

    model = answer if hasattr(answer, "layers") else attempt(answer)
    expect(hasattr(model, "layers"), "return a Keras model.")
    expect(tuple(model.input_shape) == (None, 32, 32, 1), f"the input is {model.input_shape}, not 32×32×1.")
    expect(tuple(model.output_shape) == (None, 10), f"the output is {model.output_shape}, not 10 numbers.")
    table = layer_table(model)
    for layer in model.layers:
        window = getattr(layer, "kernel_size", getattr(layer, "pool_size", (1,)))
        expect(
            max(window) <= 3, f"{layer.name} looks through a window of {window}: 3×3 is the largest allowed."
        )
        dilation = max(getattr(layer, "dilation_rate", None) or (1,))
        expect(dilation == 1, f"{layer.name} is dilated; neighbouring pixels only, please.")
    convolutions = table[table.kind.str.startswith("convolution")]
    expect(len(convolutions) > 0, "there is no convolution in it.")
    last = convolutions.iloc[-1]
    expect(
        last.receptive_field == 32,
        f"a unit of the last convolution, {last.name}, sees {last.receptive_field} pixels across, not 32. "
        "Two 3×3 windows, one upon the other, see 5×5.",
    )
    expect(
        (last.height, last.width) == (1, 1),
        f"the maps of {last.name} are {last.height}×{last.width}; C5's are 1×1. Leave out the padding.",
    )
    total = table.attrs["totals"]["parameters"]
    expect(
        total < MOST_PARAMETERS,
        f"it has {total:,} parameters, LeNet-5 has {MOST_PARAMETERS:,}. The fattest layer is "
        f"{table.parameters.idxmax()}; how many maps must it read?",
    )


@exercise
def check_network_of_1998(answer) -> None:
    """`answer()` (or a model): its table is the paper's, C3 is wired as in Table I, the output is an RBF."""
    from lenet_utils.anatomy import layer_table

    model = answer if hasattr(answer, "layers") else attempt(answer)
    expect(hasattr(model, "layers"), "return a Keras model.")
    names = [layer.name for layer in model.layers]
    for row in paper.LENET5:
        expect(row.name in names, f"no layer is called {row.name}; there are {', '.join(names)}.")
    table = layer_table(model)
    for row in paper.LENET5:
        mine = table.loc[row.name]
        for what, value in (("maps", row.maps), ("height", row.side), ("width", row.side)):
            expect(mine[what] == value, f"{row.name} has {what} {mine[what]}, in the paper it is {value}.")
        for what, value in (("parameters", row.parameters), ("connections", row.connections)):
            expect(mine[what] == value, f"{row.name} has {mine[what]:,} {what}, in the paper {value:,}.")
    totals = table.attrs["totals"]
    expect(totals["parameters"] == paper.TRAINABLE_PARAMETERS, "the parameters do not add up to 60,000.")
    expect(totals["connections"] == paper.CONNECTIONS, "the connections do not add up to 340,908.")
    _check_wiring(model.get_layer("C3"))
    _check_subsampling(model.get_layer("S2"))
    _check_codes(model.get_layer("output"))


def _check_wiring(layer) -> None:
    """Each map of C3 depends on the maps of S2 that Table I gives it, and on no other."""
    generator = np.random.default_rng(3)
    maps = generator.normal(size=(1, 14, 14, 6)).astype("float32")
    before = np.asarray(layer(maps))
    for source in range(6):
        other = maps.copy()
        other[..., source] = generator.normal(size=(14, 14))
        changed = np.abs(np.asarray(layer(other)) - before).max(axis=(0, 1, 2)) > 1e-6
        for target, seen in enumerate(paper.C3_TABLE):
            if changed[target] != (source in seen):
                verb = "depends" if changed[target] else "does not depend"
                raise WrongError(f"map {target} of C3 {verb} on map {source} of S2; Table I says otherwise.")


def _check_subsampling(layer) -> None:
    """A unit of S2 depends on the sum of its four inputs and on nothing else."""
    generator = np.random.default_rng(4)
    maps = generator.normal(size=(1, 28, 28, 6)).astype("float32")
    swapped = maps.reshape(1, 14, 2, 14, 2, 6)[:, :, ::-1, :, ::-1].reshape(maps.shape)
    same = np.allclose(np.asarray(layer(maps)), np.asarray(layer(swapped)), atol=1e-4)
    expect(same, "a unit of S2 should not care in which order its four inputs stand: it adds them.")
    largest = np.abs(np.asarray(layer(100 * maps))).max()
    expect(
        largest < 1.8, f"S2 gives values up to {largest:.3g}; the squashing function stays within ±1.7159."
    )


def _check_codes(layer) -> None:
    """Shown a perfect bitmap, the output unit of that digit gives 0, and the others 4 a differing cell."""
    signs = np.where(np.array([[list(row) for row in glyph] for glyph in paper.RBF_BITMAPS]) == "#", 1, -1)
    codes = signs.reshape(10, 84).astype("float32")
    wanted = 4 * (codes[:, None] != codes[None]).sum(axis=-1)
    found = np.asarray(layer(codes))
    expect(found.shape == (10, 10), f"ten codes of 84 numbers give an output of shape {found.shape}.")
    expect(
        np.allclose(np.diag(found), 0, atol=1e-3),
        "shown the perfect bitmap of a digit, that digit's output should be 0: equation 7 is a distance.",
    )
    expect(np.allclose(found, wanted, atol=1e-2), "the distances between the bitmaps are not squared ones.")
