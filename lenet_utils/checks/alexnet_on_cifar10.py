"""Checks of the exercises in *alexnet-on-cifar10*."""

import numpy as np

from lenet_utils.checks import attempt, exercise, expect, expect_close


@exercise("Exercise 1, where the millions are")
def check_parameters(convolution_parameters, dense_parameters):
    """Both functions, against counts worked out layer by layer."""
    for maps_in, maps_out, kernel in ((3, 96, 3), (96, 256, 3), (1, 6, 5)):
        count = attempt(convolution_parameters, maps_in, maps_out, kernel)
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
        expect(count != units_in * units_out, "the dense layer's weights are right; who is missing?")
        expect(
            count == (units_in + 1) * units_out, "each unit has a weight for every input, and one more number"
        )


@exercise("Exercise 2, dropout by hand")
def check_dropout(answer):
    """Share of silenced units, scale of the others, fresh randomness, untouched input."""
    x = np.ones((200, 100))
    for rate in (0.5, 0.2):
        dropped = np.asarray(attempt(answer, x, rate, np.random.default_rng(1)))
        expect(dropped.shape == x.shape, f"the shape is {dropped.shape}, it should stay {x.shape}")
        expect(bool((x == 1).all()), "the input itself was changed: make a new array")
        share = float((dropped == 0).mean())
        expect(
            abs(share - rate) < 0.02,
            f"at a rate of {rate}, {share:.0%} of the units are silent: is rate kept or lost?",
        )
        survivors = dropped[dropped != 0]
        expect(
            not np.allclose(survivors, 1), "the survivors must be scaled, so that the expected value stays"
        )
        expect_close(survivors, np.full_like(survivors, 1 / (1 - rate)), "the survivors' scale is not right")
        expect(len(np.unique(dropped == 0, axis=0)) > 1, "every row lost the same units: draw each unit anew")
    generator = np.random.default_rng(2)
    once, again = (np.asarray(attempt(answer, x, 0.5, generator)) for _ in range(2))
    expect(
        not np.array_equal(once, again), "two calls silence the same units: use the generator you are given"
    )


@exercise("Exercise 3, overlapping pooling")
def check_overlapping_pooling(answer):
    """Windows of 3×3 every 2 pixels, against a plain loop."""
    for side in (7, 8, 15):
        feature_map = np.random.default_rng(side).normal(size=(side, side))
        steps = range(0, side - 2, 2)
        wanted = np.array([[feature_map[y : y + 3, x : x + 3].max() for x in steps] for y in steps])
        expect_close(
            attempt(answer, feature_map),
            wanted,
            "take the largest of each 3×3 window; the next window starts 2 pixels on",
        )


@exercise("Exercise 4, make it start")
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


@exercise("Exercise 5, pictures from pictures")
def check_mirror_and_shift(answer):
    """Each result is a shifted original or mirror image; both occur, and all shifts up to the limit."""
    picture = np.random.default_rng(0).random((8, 8, 3)).astype("float32") + 0.5
    pictures = np.stack([picture] * 400)
    made = np.asarray(attempt(answer, pictures, np.random.default_rng(3), 2))
    expect(made.shape == pictures.shape, f"the shape is {made.shape}, it should stay {pictures.shape}")
    expect(bool(np.array_equal(pictures[0], picture)), "the input itself was changed: make a new array")
    possible = {
        np.pad(one, ((2, 2), (2, 2), (0, 0)))[y : y + 8, x : x + 8].tobytes(): (mirrored, y, x)
        for mirrored, one in enumerate((picture, picture[:, ::-1]))
        for y in range(5)
        for x in range(5)
    }
    found = [possible.get(one.astype("float32").tobytes()) for one in made]
    expect(
        None not in found,
        "some result is neither the picture nor its mirror image, shifted by at most 2 and filled with zeros",
    )
    mirrored = float(np.mean([one[0] for one in found]))
    expect(0.4 < mirrored < 0.6, f"{mirrored:.0%} are mirrored; it should be half")
    expect(len({one[1:] for one in found}) == 25, "not every shift from -2 to 2 occurs, in both directions")
