"""Train as in 1998: every image changes the weights before the next is seen. Taught in *the-1998-network*."""

import json
import sys
import time
from pathlib import Path

import keras
import numpy as np
from tqdm import tqdm

from lenet_utils.evaluation import error_percent, smallest_wins
from lenet_utils.losses import MaximumAPosteriori
from lenet_utils.optimizers import StochasticDiagonalLevenbergMarquardt
from lenet_utils.paper import LEARNING_RATES
from lenet_utils.training.data import lend_data, need_tensorflow, training_data

CHUNK = 1000
"""Images that one call of the compiled loop shows. Between chunks the progress line moves."""

INSTEAD = "lenet_utils.training.fit with batch_size=1"
"""What does the same, slowly, with everything that Keras can do."""

OPTIONS = (
    "momentum",
    "weight_decay",
    "clipnorm",
    "clipvalue",
    "global_clipnorm",
    "use_ema",
    "loss_scale_factor",
    "gradient_accumulation_steps",
)
"""What Keras' optimizers can do besides, and the compiled loop does not."""

SHOWN = ("loss", "error_percent", "validation_error_percent")
"""The figures on the progress line."""


def fit_online(
    model: keras.Model,
    images: np.ndarray,
    labels: np.ndarray,
    epochs: int = len(LEARNING_RATES),
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    augment=None,
    shuffle: bool = True,
    seed: int = 0,
    checkpoint: str | Path | None = None,
    optimizer: keras.optimizers.Optimizer | None = None,
    loss: keras.losses.Loss | str | None = None,
    callbacks: tuple[keras.callbacks.Callback, ...] = (),
) -> dict[str, list[float]]:
    """Train on one image at a time, as in 1998: stochastic gradient descent without batches.

    What Keras' `fit(batch_size=1)` does, as one compiled loop over many images, which is many times as fast.
    Needs TensorFlow, and stays on the CPU, where a network this small is at home. Taught in
    *the-1998-network*.

    Args:
        model: it is compiled here if an optimizer or a loss is given; else it trains with those that it was
            compiled with. A network of distances that was never compiled gets the recipe of 1998: the
            second-order method and the loss of Eq. 9.
        images: (N, rows, columns, channels).
        labels: class numbers, (N,).
        epochs: how often each image is shown.
        validation: images and labels that are only looked at, once an epoch.
        augment: None, or a function of (images, generator), applied afresh each time an image is shown.
        shuffle: False shows the images in their own order in every epoch.
        seed: fixes the order and the augmentation.
        checkpoint: a folder. An interrupted training goes on from its last finished epoch when the same call
            is made again, and ends as if it had not been interrupted.
        optimizer: `StochasticDiagonalLevenbergMarquardt`, or Keras' plain `SGD`.
        loss: one of `lenet_utils.losses`, or of Keras.
        callbacks: Keras callbacks that act on epochs, not on batches. The second-order method needs
            `CurvatureEstimation()`, which gets the images and labels from here.

    Returns:
        The history, as `lenet_utils.training` describes it: "loss" and "error_percent" (each image evaluated
        just before it changes the weights), "seconds", "lowest_rate" and "highest_rate" (of all weights) and,
        with validation, "validation_error_percent", those before an interruption included.

    Raises:
        ValueError: images or labels of another form, or a model, optimizer or loss that cannot be trained
            like this.
        RuntimeError: Keras runs on another backend than TensorFlow, or there are no curvatures.
    """
    need_tensorflow("fit_online", INSTEAD)
    images, labels, validation = training_data(model, images, labels, validation)
    _compile(model, optimizer, loss)
    _check_that_all_is_carried_out(model, images[:1], callbacks)
    history, first = _resume(model, checkpoint)
    hooks = keras.callbacks.CallbackList(list(callbacks), model=model)
    update = _compiled_updates(model)
    line = tqdm(
        total=epochs * len(images),
        initial=first * len(images),
        file=sys.stdout,
        mininterval=0.5,
        unit="digit",
    )
    with line, lend_data(callbacks, images, labels):
        model.stop_training = False
        hooks.on_train_begin()
        for epoch in range(first, epochs):
            line.set_description(f"epoch {epoch + 1} of {epochs}", refresh=False)
            hooks.on_epoch_begin(epoch)
            generator = np.random.default_rng([seed, epoch])
            order = generator.permutation(len(images)) if shuffle else np.arange(len(images))
            figures = _one_epoch(model, update, _shown(images, labels, order, augment, generator), line)
            if validation is not None:
                figures["validation_error_percent"] = error_percent(model, *validation)
            for name, value in figures.items():
                history.setdefault(name, []).append(value)
            line.set_postfix({name: f"{figures[name]:.2f}" for name in SHOWN if name in figures})
            _save(model, checkpoint, history)
            hooks.on_epoch_end(epoch, figures)
            if model.stop_training:
                break
        hooks.on_train_end()
    return history


def _compile(model, optimizer, loss):
    """Compile the model with what is given; what is not given stays as it is, or is the recipe of 1998."""
    if optimizer is None and loss is None and model.compiled:
        return
    if optimizer is None:
        optimizer = model.optimizer if model.compiled else StochasticDiagonalLevenbergMarquardt()
    if loss is None and model.compiled:
        loss = model.loss
    if loss is None:
        if not smallest_wins(model):
            raise ValueError(
                f"{model.name} has not been compiled and its outputs are no distances: say which loss, for "
                "example loss=lenet_utils.losses.SquaredError() for units that squash."
            )
        loss = MaximumAPosteriori()
    model.compile(optimizer=optimizer, loss=loss)


def _check_that_all_is_carried_out(model, image, callbacks) -> None:
    """ValueError for what Keras' fit would do and the compiled loop would silently leave out."""
    missing = [*_left_out_of_the_rule(model.optimizer), *_left_out_of_the_model(model, image)]
    missing += [
        f"the callback {type(one).__name__}, which acts on batches" for one in callbacks if _on_batches(one)
    ]
    if missing:
        raise ValueError(
            f"fit_online does not carry out {'; '.join(missing)}. It takes the second-order method "
            f"StochasticDiagonalLevenbergMarquardt or plain SGD, with one rate an epoch. Use {INSTEAD}."
        )


def _left_out_of_the_rule(optimizer) -> list[str]:
    second_order = isinstance(optimizer, StochasticDiagonalLevenbergMarquardt)
    if not second_order and type(optimizer) is not keras.optimizers.SGD:
        return [f"the optimizer {type(optimizer).__name__}"]
    missing = [f"the optimizer's {name}" for name in OPTIONS if getattr(optimizer, name, None)]
    if isinstance(optimizer._learning_rate, keras.optimizers.schedules.LearningRateSchedule):
        missing.append(
            f"a schedule of learning rates for each step, {type(optimizer._learning_rate).__name__} (a callback "
            "may set a rate before each epoch)"
        )
    return missing


def _left_out_of_the_model(model, image) -> list[str]:
    import tensorflow as tf

    missing = ["the losses that its layers add, such as penalties of weights"] if model.losses else []
    variables = model.non_trainable_variables
    fixed = [tf.convert_to_tensor(one) for one in variables]
    weights = [tf.convert_to_tensor(one) for one in model.trainable_variables]
    _, after = model.stateless_call(weights, fixed, tf.constant(image, tf.float32), training=True)
    # What a call does not change comes back as the same tensor.
    changed = {id(one) for one, old, new in zip(variables, fixed, after, strict=True) if new is not old}
    for layer in model.layers:
        if changed & set(map(id, layer.non_trainable_variables)):
            missing.append(f"what the {type(layer).__name__} layer {layer.name} changes beside its weights")
    return missing


def _on_batches(callback) -> bool:
    """Whether a callback wants to be called for each batch."""
    names = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")
    plain = keras.callbacks.Callback
    return any(getattr(type(callback), name, None) is not getattr(plain, name) for name in names)


def _shown(images, labels, order, augment, generator):
    """The images and labels of an epoch, chunk by chunk."""
    for start in range(0, len(order), CHUNK):
        chosen = order[start : start + CHUNK]
        shown = images[chosen]
        yield shown if augment is None else augment(shown, generator), labels[chosen]


def _one_epoch(model, update, chunks, line) -> dict[str, float]:
    """Show all chunks; return the figures of the epoch."""
    rates = _rates(model)
    begin, totals, count = time.perf_counter(), np.zeros(2), 0
    for images, labels in chunks:
        totals += update(rates, images, labels)
        count += len(labels)
        line.update(len(labels))
    return {
        "loss": float(totals[0] / count),
        "error_percent": float(100 * totals[1] / count),
        "seconds": time.perf_counter() - begin,
        "lowest_rate": float(min(rate.min() for rate in rates)),
        "highest_rate": float(max(rate.max() for rate in rates)),
    }


def _rates(model) -> list[np.ndarray]:
    """The rate of every trainable weight: the second-order rule's own, or one for all."""
    optimizer = model.optimizer
    if isinstance(optimizer, StochasticDiagonalLevenbergMarquardt):
        return optimizer.rates()
    return [np.float32(optimizer.learning_rate)] * len(model.trainable_variables)


def _compiled_updates(model):
    """A function of (rates, images, labels) that shows the images one after the other.

    It returns the sum of their losses and how many were misclassified, each evaluated before its own update.
    """
    import tensorflow as tf

    sign, measure = -1 if smallest_wins(model) else 1, keras.losses.get(model.loss)

    @tf.function(jit_compile=True)
    def run(weights, fixed, rates, images, labels):
        def one_image(index, weights, totals):
            image, label = images[index][None], labels[index][None]
            with tf.GradientTape() as tape:
                tape.watch(weights)
                outputs, _ = model.stateless_call(weights, fixed, image, training=True)
                loss = tf.reduce_sum(measure(label, outputs))
            gradients = tape.gradient(loss, weights)
            changed = [w - rate * g for w, rate, g in zip(weights, rates, gradients, strict=True)]
            answer = tf.argmax(sign * outputs, axis=-1, output_type=tf.int32)
            misclassified = tf.cast(answer != label, tf.float32)[0]
            return index + 1, changed, totals + tf.stack([loss, misclassified])

        start = (tf.constant(0), weights, tf.zeros(2))
        return tf.while_loop(lambda index, *_: index < len(images), one_image, start)[1:]

    def update(rates, images, labels):
        with tf.device("CPU"):
            weights, totals = run(
                [tf.convert_to_tensor(variable) for variable in model.trainable_variables],
                [tf.convert_to_tensor(variable) for variable in model.non_trainable_variables],
                [tf.constant(rate, tf.float32) for rate in rates],
                tf.constant(images, tf.float32),
                tf.constant(labels, tf.int32),
            )
        for variable, value in zip(model.trainable_variables, weights, strict=True):
            variable.assign(value)
        return totals.numpy()

    return update


def _resume(model, checkpoint):
    """The history so far and the number of finished epochs; weights and curvatures are put back."""
    if checkpoint is None or not (Path(checkpoint) / "epochs.npz").exists():
        return {}, 0
    with np.load(Path(checkpoint) / "epochs.npz", allow_pickle=False) as file:
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
    arrays = {f"weight{number}": weight.numpy() for number, weight in enumerate(model.weights)}
    for number, curvature in enumerate(getattr(model.optimizer, "curvatures", ())):
        arrays[f"curvature{number:02}"] = curvature.numpy()
    draft = Path(checkpoint) / "draft.npz"
    draft.parent.mkdir(parents=True, exist_ok=True)
    np.savez(draft, history=json.dumps(history), **arrays)
    draft.replace(Path(checkpoint) / "epochs.npz")
