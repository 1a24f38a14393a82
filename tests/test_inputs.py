"""Labels and images in other forms: taken as what they are meant to be, or refused with the remedy."""

import keras
import numpy as np
import pandas as pd
import pytest

from lenet_utils import evaluation, losses, optimizers, training
from lenet_utils._inputs import class_numbers, image_array
from lenet_utils.data import load_mnist, to_lenet_input
from lenet_utils.layers import EuclideanRBF, FullyConnected
from lenet_utils.models import lenet5, lenet5_1998

LABELS = np.array([3, 0, 9, 1, 4, 4, 2, 8])
HOT = np.eye(10)[LABELS]
IMAGES = np.random.default_rng(0).standard_normal((8, 6, 6, 1)).astype("float32")

FORMS = {
    "pandas column after a shuffle": pd.Series(LABELS, index=range(7, -1, -1)),
    "pandas table of one column": pd.DataFrame({"label": LABELS}, index=range(7, -1, -1)),
    "categories": pd.Series(LABELS).astype("category"),
    "a column": LABELS[:, None],
    "list": LABELS.tolist(),
    "tuple": tuple(LABELS.tolist()),
    "tensor": keras.ops.convert_to_tensor(LABELS),
    "uint8": LABELS.astype("uint8"),
    "whole floats": LABELS.astype("float32"),
    "objects": LABELS.astype(object),
}

REFUSED = {
    "one-hot": (
        HOT,
        r"shape \(8, 10\): a row for each image. Class numbers \(N,\), please: labels.argmax\(axis=1\)",
    ),
    "one one-hot row": (HOT[:1], r"labels.argmax\(axis=1\)"),
    "text": (LABELS.astype(str), r"text, such as '3'. Class numbers, please: labels.astype\(int\)"),
    "text in a pandas column": (pd.Series(LABELS.astype(str)), r"text, such as '3'"),
    "missing": (np.where(LABELS == 9, np.nan, LABELS), "label of image 2 is nan: it is missing.*isfinite"),
    "None": ([3, 0, None, 1, 4, 4, 2, 8], "label of image 2 is nan"),
    "fractions": (LABELS + np.where(LABELS == 9, 0.5, 0), "label of image 2 is 9.5. Class numbers are whole"),
    "negative": (LABELS - np.where(LABELS == 1, 2, 0), "label of image 3 is -1"),
    "one too many": (np.append(LABELS, 1), "number of labels, 9, is not the number of images, 8"),
    "one too few": (LABELS[1:], "number of labels, 7, is not the number of images, 8"),
    "a number": (3, r"shape \(\)"),
    "dates": (np.array(["2026-01-01"] * 8, "datetime64[D]"), "of type datetime64"),
}

OUT_OF_RANGE = {
    "1 to 10": (
        np.array([1, 10, 2, 3, 4, 5, 6, 7]),
        "go from 1 to 10. Classes are counted from 0 to 9 here: labels - 1",
    ),
    "ten": (np.where(LABELS == 9, 10, LABELS), r"label of image \d is 10. Classes are counted from 0 to 9"),
}


def compiled(last, loss):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Flatten(), FullyConnected(84), last])
    model.compile(keras.optimizers.SGD(0.01), loss)
    return model


def distances():
    return compiled(EuclideanRBF(), losses.MaximumAPosteriori())


def of_fit(labels):
    model = distances()
    training.fit(model, IMAGES, labels, 2, batch_size=4, loss=losses.MaximumAPosteriori())
    return model.get_weights()


def of_fit_online(labels):
    model = distances()
    training.fit_online(model, IMAGES, labels, 2)
    return model.get_weights()


def of_validation(labels):
    history = training.fit_online(distances(), IMAGES, LABELS, 1, validation=(IMAGES, labels))
    return history["validation_error_percent"]


def of_fit_compiled(labels):
    model = lenet5(pooling="max")
    keras.utils.set_random_seed(0)
    model.set_weights([np.full(w.shape, 0.01) for w in model.get_weights()])
    training.fit_compiled(model, np.zeros((8, 28, 28), "uint8"), labels, 1, batch_size=8, warm_up=0)
    return model.get_weights()


def of_augmented_batches(labels):
    return training.AugmentedBatches(IMAGES, labels, batch_size=8)[0]


def of_curvature_estimation(labels):
    callback = optimizers.CurvatureEstimation(IMAGES, labels)
    model = distances()
    model.compile(optimizers.StochasticDiagonalLevenbergMarquardt(), losses.MaximumAPosteriori())
    callback.set_model(model)
    callback.on_epoch_begin(0)
    return [curvature.numpy() for curvature in model.optimizer.curvatures]


def of_curvatures(labels):
    found = optimizers.curvatures(distances(), IMAGES, labels, losses.MaximumAPosteriori(), "exact")
    return [keras.ops.convert_to_numpy(h) for h in found]


def of_loss(labels):
    return [float(losses.SquaredError()(labels, np.zeros((8, 10), "float32")))]


def of_derivatives(labels):
    return [np.asarray(losses.SoftmaxCrossEntropy().derivatives(labels, keras.ops.zeros((8, 10)))[0])]


def of_error_percent(labels):
    return [evaluation.error_percent(distances(), IMAGES, labels)]


def of_rejected_percent(labels):
    return [
        evaluation.rejected_percent(np.eye(10)[[3, 0, 9, 1, 4, 4, 2, 1]] * np.arange(1, 9)[:, None], labels)
    ]


def of_rejection_curve(labels):
    curve = evaluation.rejection_curve(np.abs(np.arange(10) - np.arange(8)[:, None]), labels)
    return [[row["error_percent"] for row in curve]]


ENTRANCES = [
    of_fit,
    of_fit_online,
    of_fit_compiled,
    of_validation,
    of_augmented_batches,
    of_curvature_estimation,
    of_curvatures,
    of_loss,
    of_derivatives,
    of_error_percent,
    of_rejected_percent,
    of_rejection_curve,
]
WITHOUT_THE_NUMBER_OF_CLASSES = (of_augmented_batches,)


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_every_entrance_takes_labels_in_every_form_for_what_they_are(entrance):
    wanted = entrance(LABELS)
    for name, labels in FORMS.items():
        for found, right in zip(entrance(labels), wanted, strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-5, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_every_entrance_says_what_is_wrong_with_labels_and_how_to_mend_it(entrance):
    cases = REFUSED if entrance in WITHOUT_THE_NUMBER_OF_CLASSES else REFUSED | OUT_OF_RANGE
    for labels, message in cases.values():
        with pytest.raises(ValueError, match=message):
            entrance(labels)


def test_a_one_hot_row_gives_no_wrong_loss():
    """Taken for ten labels, one row has a loss of 0.1 or the like; the right one is 10 · 1² / 2."""
    loss, scores = losses.SquaredError(), np.zeros((1, 10), "float32")
    assert float(loss([3], scores)) == 5
    for labels in (
        HOT[:1],
        keras.ops.convert_to_tensor(HOT[:1]),
        HOT[0],
        keras.ops.convert_to_tensor(HOT[0]),
    ):
        with pytest.raises(ValueError, match=r"row for each image|number of labels, 10, is not"):
            loss(labels, scores)


def test_kerass_own_fit_says_it_too():
    with pytest.raises(ValueError, match=r"Class numbers \(N,\), please"):
        distances().fit(IMAGES, HOT, verbose=0)


def test_the_labels_of_a_pandas_column_stay_with_their_images():
    """By its index the column would be read backwards."""
    x = np.arange(8, dtype="float32").reshape(8, 1, 1, 1)
    batches = training.AugmentedBatches(x, pd.Series(range(8), index=range(7, -1, -1)), batch_size=8)
    images, labels = batches[0]
    np.testing.assert_array_equal(images.ravel(), labels)


def test_class_numbers_are_integers_of_a_row():
    found = class_numbers(pd.Series([True, False]))
    assert found.dtype == np.int64 and found.tolist() == [1, 0]
    assert class_numbers([], images=0).shape == (0,)


# --- Images ---


def test_one_image_a_list_and_no_image():
    model = lenet5(weights="mnist")
    digits = load_mnist("sample")
    images, labels = to_lenet_input(digits.x_test[:5]), digits.y_test[:5]
    answers = evaluation.classify(model, images)
    assert evaluation.classify(model, list(images)).tolist() == answers.tolist()
    assert evaluation.classify(model, images[..., 0]).tolist() == answers.tolist(), "Keras adds the channel"
    assert evaluation.classify(model, keras.ops.convert_to_tensor(images)).tolist() == answers.tolist()
    assert evaluation.classify(model, images[:0]).shape == (0,)
    assert evaluation.scores(model, images[:0]).shape == (0, 10)
    for one in (images[0], images[0, ..., 0]):
        with pytest.raises(ValueError, match=r"reads \(N, 32, 32, 1\)"):
            evaluation.classify(model, one)
    with pytest.raises(
        ValueError, match=r"shape \(32, 32, 1\).*This is one image; a batch of one is images\[None\]"
    ):
        evaluation.classify(model, images[0])
    with pytest.raises(ValueError, match=r"shape \(5, 28, 28\).*to_lenet_input"):
        evaluation.classify(model, digits.x_test[:5])
    with pytest.raises(ValueError, match="all of one shape"):
        evaluation.classify(model, [images[0], images[1][:28]])
    with pytest.raises(ValueError, match="no images"):
        evaluation.error_percent(model, images[:0], labels[:0])
    for engine in (training.fit, training.fit_online):
        with pytest.raises(ValueError, match="no images to learn from"):
            engine(model, images[:0], labels[:0], 1)


def test_pixels_are_no_input_of_the_network_of_1998():
    model, digits = lenet5_1998(weights="mnist"), load_mnist("sample")
    framed = np.pad(digits.x_test[:20], ((0, 0), (2, 2), (2, 2)))[..., None]
    calls = [
        lambda images: evaluation.classify(model, images),
        lambda images: evaluation.error_percent(model, images, digits.y_test[:20]),
        lambda images: training.fit_online(lenet5_1998(), images, digits.y_test[:20], 1),
        lambda images: training.fit(
            lenet5_1998(), images, digits.y_test[:20], 1, loss=losses.MaximumAPosteriori()
        ),
    ]
    for call in calls:
        for pixels in (framed, framed.astype("float32"), 255 - framed.astype("float32"), framed > 127):
            with pytest.raises(ValueError, match=r"these are pixels.*−0.1.*1.175.*to_lenet_input"):
                call(pixels)
    with pytest.warns(UserWarning, match=r"from 0 to 1, with a background of 0.*to_lenet_input") as caught:
        evaluation.classify(model, framed / np.float32(255))
    assert caught[0].filename == __file__


def test_what_the_network_of_1998_can_read_is_not_refused(recwarn):
    model, digits = lenet5_1998(weights="mnist"), load_mnist("sample")
    images = to_lenet_input(digits.x_test[:20])
    noise = np.random.default_rng(0).normal(0, 1, images.shape)
    for legitimate in (
        images,
        2.8 * images,
        images + noise,
        -images,
        np.zeros_like(images),
        images - images.min(),
    ):
        assert evaluation.classify(model, legitimate).shape == (20,)
    wide = lenet5_1998(weights="mnist", input_shape=(32, 48, 1))
    assert evaluation.classify(wide, np.concatenate([images, images[:, :, :16]], axis=2)).shape == (20, 1, 5)
    today = lenet5(weights="mnist")
    for other in (digits.x_test[:20], digits.x_test[:20] / 255):
        framed = np.pad(other, ((0, 0), (2, 2), (2, 2)))[..., None]
        assert evaluation.classify(today, framed).shape == (20,), "other networks may read what they like"
    assert [str(w.message) for w in recwarn if "lenet_utils" in str(w.message)] == []


def test_image_array_says_what_it_cannot_read():
    assert image_array([[1, 2], [3, 4]]).shape == (2, 2)
    assert image_array(np.zeros((3, 4, 5, 1)), (None, 5, 1)).shape == (3, 4, 5, 1)
    for images in ("digits.png", None, [None, 1], 7):
        with pytest.raises(ValueError, match="images"):
            image_array(images)


def test_an_error_is_of_one_answer_for_each_image():
    assert evaluation.misclassified_percent([1, 2, 3, 4], pd.Series([1, 2, 0, 0], index=[3, 2, 1, 0])) == 50
    with pytest.raises(ValueError, match=r"shape \(2, 1, 5\); one class for each image"):
        evaluation.misclassified_percent(np.zeros((2, 1, 5)), [0, 0])
