"""Checks of the exercises in *alexnet-on-cifar10*."""

import numpy as np

from lenet_utils.checks import attempt, exercise, expect, expect_close


@exercise
def check_parameters(convolution_parameters, dense_parameters, parameters_of_fc6, class_number):
    """Both functions, against counts worked out layer by layer, and fc6 for pictures of the class's side."""
    for maps_in, maps_out, kernel in ((3, 96, 3), (96, 256, 3), (1, 6, 5)):
        count = attempt(convolution_parameters, maps_in, maps_out, kernel)
        expect(np.ndim(count) == 0, "a convolution's number of parameters is one number")
        expect(
            count != maps_out * maps_in * kernel**2, "the convolution's weights are right; who is missing?"
        )
        expect(
            count == maps_out * (maps_in * kernel**2 + 1),
            f"a convolution from {maps_in} to {maps_out} maps, {kernel}×{kernel}: how many numbers does one of "
            "the output maps need?",
        )
    for units_in, units_out in ((2304, 4096), (4096, 10)):
        count = attempt(dense_parameters, units_in, units_out)
        expect(np.ndim(count) == 0, "a fully connected layer's number of parameters is one number")
        expect(count != units_in * units_out, "the dense layer's weights are right; who is missing?")
        expect(
            count == (units_in + 1) * units_out, "each unit has a weight for every input, and one more number"
        )
    side = 32 + 8 * (class_number % 100)
    expect(
        parameters_of_fc6 is not None and parameters_of_fc6 is not ...,
        f"both functions are right. Now fc6, for pictures of {side}×{side}",
    )
    expect(np.ndim(parameters_of_fc6) == 0, "fc6's parameters are one number")
    last = (side - 2) // 2 // 2 // 2
    expect(
        side == 32 or parameters_of_fc6 != (9 * 256 + 1) * 4096,
        f"that is fc6 for the 32×32 pictures of CIFAR-10; yours are {side}×{side}",
    )
    expect(parameters_of_fc6 != 256 * last**2 * 4096, "fc6 has biases, too")
    expect(
        parameters_of_fc6 != (256 * (side // 8) ** 2 + 1) * 4096, "conv1 has no padding: what does that cost?"
    )
    expect(
        parameters_of_fc6 == (256 * last**2 + 1) * 4096,
        f"both functions are right, but {parameters_of_fc6} is not fc6's number for {side}×{side} pictures. "
        "How large are the 256 maps that it sees?",
    )


@exercise
def check_dropout(answer):
    """Share of silenced units, scale of the others, fresh randomness, untouched input."""
    x = np.random.default_rng().uniform(1, 2, (200, 100))
    before = x.copy()
    for rate in (0.5, 0.2):
        dropped = np.asarray(attempt(answer, x, rate, np.random.default_rng(1)))
        expect(dropped.shape == x.shape, f"the shape is {dropped.shape}, it should stay {x.shape}")
        expect(np.array_equal(x, before), "the input itself was changed: make a new array")
        share = float((dropped == 0).mean())
        expect(
            abs(share - rate) < 0.02,
            f"at a rate of {rate}, {share:.0%} of the units are silent: is rate kept or lost?",
        )
        kept = dropped != 0
        scale = dropped[kept] / x[kept]
        expect(not np.allclose(scale, 1), "the survivors must be scaled, so that the expected value stays")
        expect_close(scale, np.full_like(scale, 1 / (1 - rate)), "the survivors' scale is not right")
        expect(len(np.unique(dropped == 0, axis=0)) > 1, "every row lost the same units: draw each unit anew")
    generator = np.random.default_rng(2)
    once, again = (np.asarray(attempt(answer, x, 0.5, generator)) for _ in range(2))
    expect(
        not np.array_equal(once, again), "two calls silence the same units: use the generator you are given"
    )


@exercise
def check_overlapping_pooling(answer):
    """Windows of 3×3 every 2 pixels, against a plain loop."""
    for rows, columns in ((7, 7), (8, 8), (15, 15), (9, 14)):
        feature_map = np.random.default_rng(rows).normal(size=(rows, columns))
        down, right = range(0, rows - 2, 2), range(0, columns - 2, 2)
        wanted = np.array([[feature_map[y : y + 3, x : x + 3].max() for x in right] for y in down])
        expect_close(
            attempt(answer, feature_map),
            wanted,
            "take the largest of each 3×3 window; the next window starts 2 pixels on",
        )


@exercise
def check_signal_survives(answer):
    """The structure is AlexNet's, and noise keeps its size on the way from conv1 to fc7."""
    import keras

    from lenet_utils.models import alexnet_cifar10

    model, original = attempt(answer), alexnet_cifar10()
    expect(isinstance(model, keras.Model), "the function should return a Keras model")
    expect(
        [tuple(w.shape) for w in model.weights] == [tuple(w.shape) for w in original.weights],
        "only the first weights should differ: the layers must be those of alexnet_cifar10()",
    )
    x = np.random.default_rng(0).random((16, 32, 32, 3)).astype("float32")
    spread = []
    for layer in model.layers:
        x = layer(x)
        if hasattr(layer, "kernel"):
            spread.append(float(keras.ops.std(x)))
    kept = spread[-2] / spread[0]
    expect(
        0.25 < kept < 4,
        f"from conv1 to fc7 the signal goes to {kept:.3f} of its size; which variance makes up for ReLU?",
    )


@exercise
def check_mirror_and_shift(answer):
    """Each result is a shifted original or mirror image; both occur, and all shifts up to the limit."""
    picture = np.random.default_rng(0).random((8, 8, 3)).astype("float32") + 0.5
    # The same picture, darker and lighter in steps that floating point keeps exactly.
    light = (2.0 ** (np.arange(400) % 8 - 4)).astype("float32")[:, None, None, None]
    pictures = light * picture
    made = np.asarray(attempt(answer, pictures, np.random.default_rng(3), 2))
    expect(made.shape == pictures.shape, f"the shape is {made.shape}, it should stay {pictures.shape}")
    expect(bool(np.array_equal(pictures, light * picture)), "the input itself was changed: make a new array")
    possible = {
        np.pad(one, ((2, 2), (2, 2), (0, 0)))[y : y + 8, x : x + 8].tobytes(): (mirrored, y, x)
        for mirrored, one in enumerate((picture, picture[:, ::-1]))
        for y in range(5)
        for x in range(5)
    }
    found = [possible.get(one.astype("float32").tobytes()) for one in made / light]
    expect(
        None not in found,
        "some result is neither its own picture nor its mirror image, shifted by at most 2 and filled with zeros",
    )
    mirrored = float(np.mean([one[0] for one in found]))
    expect(0.4 < mirrored < 0.6, f"{mirrored:.0%} are mirrored; it should be half")
    expect(len({one[1:] for one in found}) == 25, "not every shift from -2 to 2 occurs, in both directions")
