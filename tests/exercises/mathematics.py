"""Answers to the exercises of *mathematics*, right and wrong: see `Table` in tests/exercises/answers.py."""

import numpy as np

from lenet_utils import reference
from tests.exercises.answers import HandedIn, Table


def blocks(maps):
    return np.stack([maps[:, i::2, j::2] for i in (0, 1) for j in (0, 1)], axis=-1)


def widen(upstream):
    return upstream.repeat(2, axis=1).repeat(2, axis=2)


def check_lower_edge(kernel):
    text = np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]])
    sobel = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
    return Table(
        right=[
            sobel,
            sobel.tolist(),
            tuple(map(tuple, sobel)),
            [[0, 0, 0], [0, 1, 0], [0, -1, 0]],
            [[0, 1, 0], [0, 0, 0], [0, -1, 0]],
            (sobel / 7).astype(np.float32),
            sobel * 1e-4,
            [[1 / 3, 1 / 3, 1 / 3], [-0.1, -0.1, -0.1], [-7 / 30, -7 / 30, -7 / 30]],
            lambda: sobel,
        ],
        wrong=[
            (-text, "upside down"),
            (text.T, "upright edge"),
            (np.ones((3, 3)), "flat area"),
            (np.zeros((3, 3)), "gives nothing"),
            (np.zeros((5, 5)), "(3, 3)"),
            (text, "in the text"),
            (2 * text.astype(np.float32), "in the text"),
            ([[0, 1, 0], [0, -1, 0], [0, 0, 0]], "gives nothing where"),
            ([[0, -1, 0], [0, 2, 0], [0, -1, 0]], "lying stroke"),
            ([["1", "2", "1"]] * 3, "not text"),
        ],
    )


def check_output_size(output_size, last_side, class_number):
    def exactly(side, kernel, stride, padding):
        return (side + 2 * padding - kernel) / stride + 1

    def rounded_up(side, kernel, stride, padding):
        return -(-(side + 2 * padding - kernel) // stride) + 1

    def one_sided(side, kernel, stride, padding):
        return (side + padding - kernel) // stride + 1

    def counted(side, kernel, stride, padding):
        places, begin = 0, -padding
        while begin + kernel <= side + padding:
            places, begin = places + 1, begin + stride
        return places

    return Table(
        right=[
            counted,
            lambda side, kernel, stride, padding: int(exactly(side, kernel, stride, padding)),
            lambda *sizes: np.floor(exactly(*sizes)),
            lambda *sizes: np.int16(exactly(*sizes)),
            lambda side, kernel, stride=2, padding=1: len(range(0, side + 2 * padding - kernel + 1, stride)),
            HandedIn([output_size, float(last_side)]),
            HandedIn([output_size, lambda: last_side]),
        ],
        wrong=[
            (lambda side, kernel, stride=1, padding=0: side - kernel, "28"),
            (lambda side, kernel, stride, padding: side - kernel + 1, "stride 2"),
            (one_sided, "both sides"),
            (rounded_up, "round down"),
            (exactly, "round down"),
            (lambda *sizes: [output_size(*sizes)], "one number"),
            (HandedIn([output_size, last_side + 1]), "reads the one before"),
            (HandedIn([output_size, str(last_side)]), "not text"),
            (HandedIn([output_size, [last_side]]), "one number"),
        ],
        fitted=[lambda side, *rest: output_size(side, *rest) if side < 50 else 0],
    )


def check_max_pool(max_pool):
    def by_loops(maps):
        n, y, x, m = np.shape(maps)
        pooled = np.zeros((n, y // 2, x // 2, m))
        for row in range(y // 2):
            for column in range(x // 2):
                block = maps[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
                pooled[:, row, column] = block.max(axis=(1, 2))
        return pooled

    def by_reshaping(maps):
        n, y, x, m = maps.shape
        return maps.reshape(n, y // 2, 2, x // 2, 2, m).max(axis=(2, 4))

    def by_keras(maps):
        import keras

        return keras.layers.MaxPooling2D(dtype="float64")(maps)

    return Table(
        right=[
            by_loops,
            by_reshaping,
            by_keras,
            lambda maps: np.sort(blocks(maps))[..., -1],
            lambda maps: -blocks(-maps).min(axis=-1),
        ],
        wrong=[
            (lambda maps: blocks(maps).mean(axis=-1), "the mean of each block"),
            (lambda maps: blocks(maps).sum(axis=-1), "the sum of each block"),
            (lambda maps: np.maximum(max_pool(maps), 0), "do not begin with 0"),
            (lambda maps: max_pool(maps).max(axis=-1), "the shape is"),
            (lambda maps: maps[:, ::2, ::2], "gives its largest number"),
        ],
        fitted=[lambda maps: max_pool(maps) if maps.shape[0] > 1 else 0 * max_pool(maps)],
    )


def check_strided_correlation(strided_correlation):
    def dense(images, kernels, stride, padding):
        padded = np.pad(images, [(0, 0), (padding, padding), (padding, padding), (0, 0)])
        return reference.cross_correlate(padded, kernels)[:, ::stride, ::stride]

    def by_loops(images, kernels, stride, padding):
        n, y, x, c = images.shape
        padded = np.zeros((n, y + 2 * padding, x + 2 * padding, c))
        padded[:, padding : padding + y, padding : padding + x] = images
        (i, j), (y, x) = kernels.shape[:2], padded.shape[1:3]
        rows, columns = range(0, y - i + 1, stride), range(0, x - j + 1, stride)
        result = [[np.tensordot(padded[:, r : r + i, s : s + j], kernels, 3) for s in columns] for r in rows]
        return np.array(result).transpose(2, 0, 1, 3)

    def by_keras(images, kernels, stride, padding):
        import keras

        return keras.ops.conv(
            np.pad(images, [(0, 0), (padding,) * 2, (padding,) * 2, (0, 0)]), kernels, stride
        )

    def beside_the_corner(images, kernels, stride, padding):
        return strided_correlation(images[:, stride - 1 :, stride - 1 :], kernels, stride, padding)

    return Table(
        right=[
            dense,
            by_loops,
            by_keras,
            lambda images, kernels, stride=3, padding=3: dense(images, kernels, stride, padding),
        ],
        wrong=[
            (lambda i, k, s, p: reference.cross_correlate(i, k), "padding=1"),
            (
                lambda i, k, s, p: reference.cross_correlate(np.pad(i, p), k)[:, ::s, ::s],
                "rows and columns only",
            ),
            (lambda i, k, s, p: dense(i, k[::-1, ::-1], s, p), "turned by half a turn"),
            (lambda i, k, s, p: dense(i, k, s, p)[:, ::-1], "differs"),
            (beside_the_corner, "upper left"),
            (lambda i, k, s, p: dense(i, k, s, p)[0], "the shape is"),
        ],
        fitted=[
            lambda images, kernels, *rest: dense(images, kernels[: len(kernels[0])], *rest),
            lambda images, kernels, stride, padding: dense(images, kernels, min(stride, 3), padding),
        ],
    )


def check_max_pool_gradient(max_pool_gradient):
    def by_loops(maps, upstream):
        gradient = np.zeros_like(maps)
        for n, y, x, m in np.ndindex(upstream.shape):
            block = maps[n, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2, m]
            i, j = np.unravel_index(block.argmax(), (2, 2))
            gradient[n, 2 * y + i, 2 * x + j, m] = upstream[n, y, x, m]
        return gradient

    def by_tape(maps, upstream):
        import tensorflow as tf

        maps = tf.constant(maps)
        with tf.GradientTape() as tape:
            tape.watch(maps)
            pooled = tf.nn.max_pool2d(maps, 2, 2, "VALID")
        return tape.gradient(pooled, maps, upstream)

    return Table(
        right=[
            by_loops,
            by_tape,
            lambda maps, upstream: np.where(maps == widen(blocks(maps).max(axis=-1)), widen(upstream), 0),
            lambda maps, upstream: (
                np.kron(upstream, np.ones((1, 2, 2, 1))) * (maps >= widen(blocks(maps).max(axis=-1)))
            ),
        ],
        wrong=[
            (lambda maps, upstream: widen(upstream) / 4, "average pooling"),
            (lambda maps, upstream: widen(upstream), "loser"),
            (lambda maps, upstream: max_pool_gradient(maps, 1 + 0 * upstream), "found the winners"),
            (lambda maps, upstream: upstream, "the shape is"),
            (lambda maps, upstream: max_pool_gradient(-maps, upstream), "The largest of a block"),
            (lambda maps, upstream: np.abs(max_pool_gradient(maps, upstream)), "The largest of a block"),
        ],
    )


def check_cross_entropy_from_logits(cross_entropy_from_logits):
    def by_keras(logits, labels):
        import keras

        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return loss(labels, logits.astype("float32"))

    def by_loop(logits, labels):
        losses = []
        for scores, label in zip(logits.tolist(), labels.tolist(), strict=True):
            top = max(scores)
            losses.append(top + np.log(sum(np.exp(score - top) for score in scores)) - scores[label])
        return sum(losses) / len(losses)

    def clipped(logits, labels):
        probability = reference.softmax(logits)[np.arange(len(labels)), labels]
        return -np.log(np.clip(probability, 1e-12, 1)).mean()

    def of_fractions(logits, labels):
        fractions = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return -np.log(fractions[np.arange(len(labels)), labels]).mean()

    return Table(
        right=[
            by_keras,
            by_loop,
            lambda z, t: (np.logaddexp.reduce(z, axis=1) - z[np.arange(len(t)), t]).mean(),
            lambda z, t: np.mean([np.logaddexp.reduce(row - row[k]) for row, k in zip(z, t, strict=True)]),
        ],
        wrong=[
            (lambda z, t: reference.cross_entropy(reference.softmax(z), t), "±1000 it gives inf"),
            (of_fractions, "±1000 it gives nan"),
            (clipped, "At scores of ±1000 it gives"),
            (lambda z, t: cross_entropy_from_logits(z, t) * len(t), "the sum over all images"),
            (lambda z, t: 2 * cross_entropy_from_logits(z, t), "At ordinary scores"),
            (lambda z, t: np.zeros(len(t)), "one number"),
        ],
        fitted=[
            lambda z, t: cross_entropy_from_logits(np.clip(z, -1000, 1000), t),
            lambda z, t: cross_entropy_from_logits(z, t) if z.shape[1] < 11 else 0.0,
        ],
    )


def check_two_layer_gradients(two_layer_gradients):
    def by_tape(parameters, images, labels):
        import tensorflow as tf

        p = {name: tf.Variable(array) for name, array in parameters.items()}

        def squash(x):
            return 1.7159 * tf.tanh(2 / 3 * x)

        with tf.GradientTape() as tape:
            x = squash(tf.nn.conv2d(images, p["kernels1"], 1, "VALID") + p["biases1"])
            x = 4 * tf.nn.avg_pool2d(x, 2, 2, "VALID") * p["coefficients1"] + p["shifts1"]
            x = squash(tf.nn.conv2d(squash(x), p["kernels2"], 1, "VALID") + p["biases2"])
            logits = tf.reshape(x, (len(images), -1)) @ p["weights"] + p["output_biases"]
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_mean(losses)
        return loss, tape.gradient(loss, p)

    def spoiled(name, change):
        def answer(*given):
            loss, gradients = two_layer_gradients(*given)
            return loss, {**gradients, name: change(gradients[name])}

        return answer

    def without(name):
        def answer(*given):
            loss, gradients = two_layer_gradients(*given)
            return loss, {key: value for key, value in gradients.items() if key != name}

        return answer

    def changed(change):
        return lambda *given: change(*two_layer_gradients(*given))

    return Table(
        right=[
            by_tape,
            changed(lambda loss, gradients: [loss, gradients]),
            changed(lambda loss, gradients: (loss, dict(reversed(gradients.items())))),
            changed(lambda loss, gradients: (loss, {**gradients, "upstream": 0})),
        ],
        wrong=[
            (changed(lambda loss, gradients: gradients), "two things"),
            (changed(lambda loss, gradients: (gradients, loss)), "two things"),
            (changed(lambda loss, gradients: ([loss], gradients)), "loss should be one number"),
            (without("shifts1"), "shifts1"),
            (spoiled("weights", lambda g: 3 * g), "'weights'"),
            (spoiled("kernels1", lambda g: g[::-1, ::-1]), "'kernels1'"),
            (spoiled("biases2", lambda g: g.sum()), "the shape is"),
            (
                changed(lambda loss, g: (loss, {name: 1.01 * value for name, value in g.items()})),
                "output_biases",
            ),
            (changed(lambda loss, gradients: (4 * loss, gradients)), "forward pass"),
        ],
    )
