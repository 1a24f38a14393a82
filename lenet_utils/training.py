"""Train a network and see how far it is: the recipe, the progress line, the checkpoint."""

import json
import sys
import time
from pathlib import Path

import keras
import numpy as np
from tqdm import tqdm

from lenet_utils.layers import EuclideanRBF
from lenet_utils.models import classify, lenet5
from lenet_utils.optimizers import StochasticDiagonalLevenbergMarquardt
from lenet_utils.paper import INPUT_BACKGROUND, INPUT_FOREGROUND, LEARNING_RATES

BATCH_SIZE = 64
PEAK_LEARNING_RATE = 3e-3
UPDATES = 900
PASSES = 6
"""Found by training on nine tenths of a training set and looking at the rest; no test digit took part."""


class Progress(keras.callbacks.Callback):
    """One line that says how far training is, which epoch it is in, and the latest figures."""

    def on_train_begin(self, logs=None):
        total = self.params["epochs"] * (self.params["steps"] or 0)
        self.line = tqdm(total=total or None, file=sys.stdout, mininterval=0.5, unit="batch")

    def on_epoch_begin(self, epoch, logs=None):
        self.line.set_description(f"epoch {epoch + 1} of {self.params['epochs']}", refresh=False)
        # After a resumed training the line starts where training does.
        self.line.n = epoch * (self.params["steps"] or 0)

    def on_train_batch_end(self, batch, logs=None):
        self.line.update()

    def on_epoch_end(self, epoch, logs=None):
        self.line.set_postfix({name: f"{value:.4f}" for name, value in (logs or {}).items()})

    def on_train_end(self, logs=None):
        self.line.close()


class Diary(keras.callbacks.Callback):
    """Writes each epoch's figures and seconds to a file, so that they outlive an interruption.

    Put it before Keras' BackupAndRestore, as `fit` does with callbacks of yours: a checkpoint is then never newer than
    the diary's last line.

    Args:
        path: a JSON file. What is in it of earlier epochs is kept, and read to `epochs`, a list with one dictionary an
            epoch: "epoch", "seconds" and Keras' figures.
    """

    def __init__(self, path: str | Path):
        super().__init__()
        self.path = Path(path)
        self.epochs = json.loads(self.path.read_text()) if self.path.exists() else []

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        figures = {name: round(float(value), 5) for name, value in logs.items()}
        seconds = round(time.perf_counter() - self.start, 1)
        self.epochs = [*self.epochs[:epoch], {"epoch": epoch + 1, **figures, "seconds": seconds}]
        self.path.write_text(json.dumps(self.epochs))


class DistortedDigits(keras.utils.PyDataset):
    """Batches of pictures, each drawn once an epoch in a new order and freshly distorted.

    Args:
        x: pictures, shape (N, height, width, channels).
        y: classes, shape (N,).
        distort: function of (pictures, NumPy random generator) that returns as many pictures.
        seed: the order and the distortions of an epoch depend on the seed and the epoch's number alone.
    """

    def __init__(self, x, y, distort, batch_size=BATCH_SIZE, seed=0):
        super().__init__()
        self.x, self.y, self.distort = x, y, distort
        self.batch_size, self.seed = batch_size, seed
        self.begin(0)

    def __len__(self):
        return -(-len(self.x) // self.batch_size)

    def __getitem__(self, index):
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        generator = np.random.default_rng([self.seed, self.epoch, index])
        return self.distort(self.x[chosen], generator), self.y[chosen]

    def begin(self, epoch: int) -> None:
        """Draw the order of an epoch. Called with its number, so that a resumed training sees what it would have."""
        self.epoch = epoch
        self.order = np.random.default_rng([self.seed, epoch]).permutation(len(self.x))


def epochs_for(pictures: int, updates: int = UPDATES) -> int:
    """How many epochs to train: enough for `updates` batches, and at least PASSES.

    Few pictures make few batches a pass and need more passes; many pictures, few. Taught in *implementation*.

    Args:
        pictures: how many pictures the network trains on.
        updates: how many batches, each of which changes the weights once, it should see at the least.
    """
    batches = -(-pictures // BATCH_SIZE)
    return max(PASSES, -(-updates // batches))


def fit(
    model: keras.Model,
    x: np.ndarray,
    y: np.ndarray,
    epochs: int = 10,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    distort=None,
    batch_size: int = BATCH_SIZE,
    learning_rate: float = PEAK_LEARNING_RATE,
    seed: int = 0,
    checkpoint: str | Path | None = None,
    optimizer: keras.optimizers.Optimizer | None = None,
    loss: keras.losses.Loss | str = "sparse_categorical_crossentropy",
    callbacks: tuple[keras.callbacks.Callback, ...] = (),
) -> keras.callbacks.History:
    """Train a classifier with Adam, cross-entropy and a learning rate that falls to 0 along a cosine.

    The recipe of the chapter *implementation*; nothing in it is chosen by test images. *from-1998-to-today* exchanges
    its parts.

    Args:
        model: gives (N, classes) probabilities, or whatever `loss` asks for. It is compiled here.
        x: pictures, shape (N, height, width, channels); y: classes, shape (N,).
        epochs: passes over the training set.
        validation: pictures and classes that are only looked at, once an epoch.
        distort: None, or a function of (pictures, generator), applied afresh each time a picture is shown.
        learning_rate: where the cosine starts; of no use with an `optimizer`.
        seed: fixes the order of the pictures and their distortions.
        checkpoint: a folder. A training that was interrupted goes on from its last finished epoch when the same
            call is made again, and ends as if it had not been interrupted.
        optimizer: one of Keras', with its rate and whatever else it does, instead of Adam and the cosine.
        loss: of the classes and the model's outputs.
        callbacks: of Keras, or a `Diary`.

    Returns:
        Keras' History; `history.history` has "accuracy" (not for networks of distances), "loss" and, with validation,
        "val_accuracy", "val_loss", one value an epoch (of those after the interruption, if there was one).
    """
    if optimizer is None:
        steps = epochs * -(-len(x) // batch_size)
        optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(learning_rate, steps))
    # Where distances come out, the smallest wins, and this accuracy takes the largest.
    largest_wins = not isinstance(model.layers[-1], EuclideanRBF)
    accuracy = [keras.metrics.SparseCategoricalAccuracy("accuracy")] if largest_wins else []
    model.compile(optimizer=optimizer, loss=loss, metrics=accuracy)
    batches = DistortedDigits(x, y, distort or _unchanged, batch_size, seed)
    callbacks = [
        *callbacks,
        Progress(),
        keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: batches.begin(epoch + 1)),
    ]
    if checkpoint is not None:
        # A folder of its own, because it is removed when training ends. Two copies, because one may be half-written.
        unfinished = str(Path(checkpoint) / "unfinished")
        callbacks.append(keras.callbacks.BackupAndRestore(unfinished, double_checkpoint=True))
    history = model.fit(
        batches, epochs=epochs, validation_data=validation, shuffle=False, callbacks=callbacks, verbose=0
    )
    # TensorFlow keeps every dataset it was given; a study of dozens of trainings should not keep their pictures.
    batches.x = batches.y = None
    return history


def _unchanged(pictures, generator):
    return pictures


def fit_at_once(
    pictures: np.ndarray,
    classes: np.ndarray,
    shares: tuple[float, ...] = (1, 0.3, 0.3, 0.3),
    batch_size: int = 128,
    peak: float = 1.2e-2,
    warm_up: float = 0.15,
    seed: int = 0,
) -> keras.Model:
    """Train today's LeNet-5, each pass in one call of one compiled function, as fast as two cores can.

    Four things save time beside Keras' `fit`: Python is not asked between batches; all weights are one vector, so that
    Adam is ten operations and not a hundred; ReLU comes after pooling, where there is a quarter of the units; and
    after the first pass only the pictures that still cost something are shown again. The rate rises to `peak`, then
    falls to 0 along a cosine. Needs TensorFlow. Taught in *from-1998-to-today*.

    Args:
        pictures: (N, 28, 28) of uint8; classes: (N,).
        shares: one number a pass: which share of the pictures it shows, those with the highest loss when last shown.
            A picture that was never shown comes before all others.
        batch_size: how many pictures a step.
        peak: the highest learning rate.
        warm_up: the share of all steps that lead up to it.
        seed: of the weights and the order.

    Returns:
        `lenet5(pooling="max")` with the weights found.

    Raises:
        ValueError: if a pass would show fewer pictures than one batch.
    """
    import tensorflow as tf

    steps = [int(share * len(pictures)) // batch_size for share in shares]
    if not all(steps):
        raise ValueError(
            f"each pass needs at least one batch of {batch_size} pictures; {min(shares):g} of {len(pictures)} are "
            "fewer. Give more pictures, larger shares, or a smaller batch_size."
        )
    keras.utils.set_random_seed(seed)
    model, generator = lenet5(pooling="max"), np.random.default_rng(seed)
    shapes = [weight.shape for weight in model.weights]
    sizes = [int(np.prod(shape)) for shape in shapes]
    framed = tf.constant(np.pad(pictures, ((0, 0), (2, 2), (2, 2)))[..., None])
    labels = tf.constant(classes, tf.int32)

    def losses(vector, x, y):
        w = [tf.reshape(part, shape) for part, shape in zip(tf.split(vector, sizes), shapes, strict=True)]
        x = (INPUT_FOREGROUND - INPUT_BACKGROUND) / 255 * tf.cast(x, tf.float32) + INPUT_BACKGROUND
        for kernel, bias in (w[0:2], w[2:4]):
            x = tf.nn.relu(tf.nn.max_pool2d(tf.nn.conv2d(x, kernel, 1, "VALID"), 2, 2, "VALID") + bias)
        x = tf.nn.relu(tf.reshape(x, (batch_size, -1)) @ tf.reshape(w[4], (-1, 120)) + w[5])
        x = tf.nn.relu(x @ w[6] + w[7]) @ w[8] + w[9]
        return tf.nn.sparse_softmax_cross_entropy_with_logits(y, x)

    # A pass of any length is the same compiled function.
    vector_kind, order_kind = tf.TensorSpec([sum(sizes)]), tf.TensorSpec([None, batch_size], tf.int32)

    @tf.function(input_signature=[*[vector_kind] * 3, order_kind, tf.TensorSpec([None])])
    def adam(vector, mean, square, order, rates):
        costs = tf.TensorArray(tf.float32, len(order))
        for step in tf.range(len(order)):
            x = tf.reshape(tf.gather(framed, order[step]), (batch_size, 32, 32, 1))
            each = losses(vector, x, tf.gather(labels, order[step]))
            slope = tf.gradients(tf.reduce_mean(each), vector)[0]
            mean += 0.1 * (slope - mean)
            square += 0.01 * (slope**2 - square)
            vector -= rates[step] * mean / (tf.sqrt(square) + 1e-7)
            costs = costs.write(step, each)
        return vector, mean, square, costs.stack()

    rates = np.split(rise_and_fall(sum(steps), peak, warm_up).astype("float32"), np.cumsum(steps)[:-1])
    vector = tf.concat([tf.reshape(weight.value, [-1]) for weight in model.weights], axis=0)
    mean = square = tf.zeros_like(vector)
    cost = np.full(len(pictures), np.inf)
    for rates_of_pass in rates:
        order = costliest(cost, len(rates_of_pass) * batch_size, generator)
        vector, mean, square, found = adam(
            vector, mean, square, order.reshape(-1, batch_size).astype("int32"), rates_of_pass
        )
        cost[order] = found.numpy().ravel()
    parts = np.split(vector.numpy(), np.cumsum(sizes)[:-1])
    model.set_weights([part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)])
    return model


def costliest(cost: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """The numbers of the `count` pictures that cost the most, in random order; of equals, any.

    Taught in *from-1998-to-today*.
    """
    order = generator.permutation(len(cost))
    order = order[np.argsort(-cost[order], kind="stable")[:count]]
    return generator.permutation(order)


def rise_and_fall(steps: int, peak: float, warm_up: float) -> np.ndarray:
    """A rate for every step: evenly up to `peak` for the share `warm_up` of them, then to 0 along a cosine.

    Taught in *from-1998-to-today*.
    """
    done = np.arange(steps) / steps
    falling = (1 + np.cos(np.pi * (done - warm_up) / (1 - warm_up))) / 2
    return peak * np.where(done < warm_up, done / (warm_up or 1), falling)


def error_percent(model: keras.Model, x: np.ndarray, y: np.ndarray) -> float:
    """How many of a hundred pictures the model gets wrong."""
    return 100 * float((classify(model, x) != y).mean())


def fit_pattern_by_pattern(
    model: keras.Model,
    x: np.ndarray,
    y: np.ndarray,
    passes: int = len(LEARNING_RATES),
    callbacks=(),
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    distort=None,
    shuffle: bool = True,
    seed: int = 0,
    checkpoint: str | Path | None = None,
) -> dict[str, list]:
    """Train on one picture at a time, as in 1998: every picture changes the weights before the next is seen.

    What `fit(batch_size=1)` does, as one compiled loop over many pictures, which is many times as fast. Needs
    TensorFlow, and stays on the CPU, where a network this small is at home. Taught in *the-1998-network*.

    Args:
        model: compiled with a loss of `lenet_utils.losses` and either `StochasticDiagonalLevenbergMarquardt` or
            Keras' plain `SGD` (whose learning rate is used, and nothing else of it).
        x: pictures, (N, rows, columns, channels); y: classes, (N,).
        passes: how often each picture is shown.
        callbacks: Keras callbacks of which `on_epoch_begin` is called before each pass, such as
            `CurvatureEstimation`.
        validation: pictures and classes that are only looked at, once a pass.
        distort: None, or a function of (pictures, generator), applied afresh each time a picture is shown.
        shuffle: False shows the pictures in their own order in every pass.
        seed: fixes the order and the distortions.
        checkpoint: a folder. An interrupted training goes on from its last finished pass when the same call is made
            again, and ends as if it had not been interrupted.

    Returns:
        A dict of lists, one value a pass: "loss" and "error_percent" (over the pass, each picture judged just before
        it changes the weights), "seconds", "lowest_rate" and "highest_rate" (of all weights) and, with validation,
        "validation_error_percent".
    """
    history, first = _resume(model, checkpoint)
    for callback in callbacks:
        callback.set_model(model)
    update = _compiled_updates(model)
    chunk = min(1000, len(x))
    with tqdm(
        total=passes * len(x), initial=first * len(x), file=sys.stdout, mininterval=0.5, unit="digit"
    ) as line:
        for number in range(first, passes):
            line.set_description(f"pass {number + 1} of {passes}", refresh=False)
            for callback in callbacks:
                callback.on_epoch_begin(number)
            generator = np.random.default_rng([seed, number])
            order = generator.permutation(len(x)) if shuffle else np.arange(len(x))
            rates = _rates(model)
            history["lowest_rate"].append(float(min(rate.min() for rate in rates)))
            history["highest_rate"].append(float(max(rate.max() for rate in rates)))
            begin, totals = time.perf_counter(), np.zeros(2)
            for start in range(0, len(x), chunk):
                chosen = order[start : start + chunk]
                shown = x[chosen] if distort is None else distort(x[chosen], generator)
                totals += update(rates, shown, y[chosen])
                line.update(len(chosen))
            history["loss"].append(totals[0] / len(x))
            history["error_percent"].append(100 * totals[1] / len(x))
            history["seconds"].append(time.perf_counter() - begin)
            if validation is not None:
                history["validation_error_percent"].append(error_percent(model, *validation))
            shown_figures = ("loss", "error_percent", "validation_error_percent")
            line.set_postfix({name: f"{history[name][-1]:.2f}" for name in shown_figures if history[name]})
            _save(model, checkpoint, history)
    return history


def _rates(model) -> list[np.ndarray]:
    """The rate of every trainable weight: the second-order rule's own, or one for all."""
    optimizer = model.optimizer
    if isinstance(optimizer, StochasticDiagonalLevenbergMarquardt):
        return optimizer.rates()
    return [np.float32(optimizer.learning_rate)] * len(model.trainable_variables)


def _compiled_updates(model):
    """A function of (rates, pictures, classes) that shows the pictures one after the other.

    It returns the sum of their losses and how many were misread, each judged before its own update.
    """
    import tensorflow as tf

    nearest = isinstance(model.layers[-1], EuclideanRBF)

    @tf.function(jit_compile=True)
    def run(weights, fixed, rates, pictures, classes):
        def one_pattern(index, weights, totals):
            picture, right = pictures[index][None], classes[index][None]
            with tf.GradientTape() as tape:
                tape.watch(weights)
                outputs, _ = model.stateless_call(weights, fixed, picture, training=True)
                loss = model.loss(right, outputs)
            gradients = tape.gradient(loss, weights)
            changed = [w - rate * g for w, rate, g in zip(weights, rates, gradients, strict=True)]
            answer = tf.argmax(-outputs if nearest else outputs, axis=-1, output_type=tf.int32)
            misread = tf.cast(answer != right, tf.float32)[0]
            return index + 1, changed, totals + tf.stack([loss, misread])

        start = (tf.constant(0), weights, tf.zeros(2))
        return tf.while_loop(lambda index, *_: index < len(pictures), one_pattern, start)[1:]

    def update(rates, pictures, classes):
        with tf.device("CPU"):
            weights, totals = run(
                [tf.convert_to_tensor(variable) for variable in model.trainable_variables],
                [tf.convert_to_tensor(variable) for variable in model.non_trainable_variables],
                [tf.constant(rate, tf.float32) for rate in rates],
                tf.constant(pictures, tf.float32),
                tf.constant(classes, tf.int32),
            )
        for variable, value in zip(model.trainable_variables, weights, strict=True):
            variable.assign(value)
        return totals.numpy()

    return update


def _resume(model, checkpoint):
    """The history so far and the number of finished passes; weights and curvatures are put back."""
    figures = ("loss", "error_percent", "seconds", "lowest_rate", "highest_rate", "validation_error_percent")
    history = {name: [] for name in figures}
    if checkpoint is None or not (Path(checkpoint) / "passes.npz").exists():
        return history, 0
    with np.load(Path(checkpoint) / "passes.npz", allow_pickle=False) as file:
        for number, weight in enumerate(model.weights):
            weight.assign(file[f"weight{number}"])
        curvatures = [file[name] for name in sorted(file.files) if name.startswith("curvature")]
        history = json.loads(str(file["history"]))
    if curvatures:
        model.optimizer.build(model.trainable_variables)
        model.optimizer.set_curvatures(curvatures)
    return history, len(history["loss"])


def _save(model, checkpoint, history):
    """Replace the checkpoint in one step, so that an interruption never leaves half of one."""
    if checkpoint is None:
        return
    to_numpy = keras.ops.convert_to_numpy
    arrays = {f"weight{number}": to_numpy(weight) for number, weight in enumerate(model.weights)}
    for number, curvature in enumerate(getattr(model.optimizer, "curvatures", ())):
        arrays[f"curvature{number:02}"] = to_numpy(curvature)
    draft = Path(checkpoint) / "draft.npz"
    draft.parent.mkdir(parents=True, exist_ok=True)
    np.savez(draft, history=json.dumps(history), **arrays)
    draft.replace(Path(checkpoint) / "passes.npz")
