"""Distortions: what they leave alone, and what they move where."""

import numpy as np
import pytest

from lenet_utils import distortions
from lenet_utils.data import to_lenet_input
from lenet_utils.distortions import affine, affine_matrix, distort, smooth_fields, transform

BACKGROUND = np.float32(-0.1)


@pytest.fixture
def images():
    return np.random.default_rng(0).random((5, 32, 32, 1), dtype=np.float32)


def dot(row, column, side=33):
    """One image, of ink in a single pixel. An odd side has a pixel at its centre."""
    image = np.full((1, side, side, 1), BACKGROUND)
    image[0, row, column] = 1
    return image


def where_is_the_dot(image):
    return np.unravel_index(image[0, :, :, 0].argmax(), image.shape[1:3])


def test_the_identity_changes_nothing(images):
    assert np.array_equal(transform(images), images)
    still = distort(images, 0, translation=0, scaling=0, squeezing=0, shearing=0)
    assert np.array_equal(still, images)


def test_the_images_given_are_left_as_they_were(images):
    before = images.copy()
    distort(images, 0)
    assert np.array_equal(images, before)


def test_a_shift_by_whole_pixels_is_exact(images):
    shifted = transform(images, shift=(3, -2))  # three to the right, two up
    assert np.array_equal(shifted[:, :-2, 3:], images[:, 2:, :-3])
    assert np.all(shifted[:, -2:] == BACKGROUND)
    assert np.all(shifted[:, :, :3] == BACKGROUND)


def test_half_a_pixel_is_the_mean_of_two(images):
    shifted = transform(images, shift=(0.5, 0))
    np.testing.assert_allclose(shifted[:, :, 1:], (images[:, :, 1:] + images[:, :, :-1]) / 2, atol=1e-6)


@pytest.mark.parametrize("quarters", [1, 2, 3, -1])
def test_quarter_turns_are_numpys(images, quarters):
    turned = transform(images, rotation=90 * quarters)
    np.testing.assert_allclose(turned, np.rot90(images, quarters, axes=(1, 2)), atol=1e-4)


def test_scaling_moves_away_from_the_centre():
    assert where_is_the_dot(transform(dot(12, 18), scale=2)) == (8, 20)


def test_squeezing_narrows_and_lengthens():
    assert where_is_the_dot(transform(dot(12, 20), squeeze=2)) == (8, 18)


def test_shearing_leans_to_the_right_as_italics_do():
    assert where_is_the_dot(transform(dot(8, 16), shear=0.5)) == (8, 20)
    assert where_is_the_dot(transform(dot(24, 16), shear=0.5)) == (24, 12)


def test_rotation_comes_after_shear_and_scale():
    both = transform(dot(12, 18), scale=2, rotation=90)
    assert where_is_the_dot(both) == where_is_the_dot(transform(transform(dot(12, 18), scale=2), rotation=90))


def test_what_comes_in_from_outside_is_background(images):
    assert np.all(transform(images, shift=(100, 0)) == BACKGROUND)
    assert np.all(transform(images, shift=(100, 0), background=7) == 7)


def test_colours_move_together():
    colours = np.random.default_rng(0).random((4, 20, 30, 3), dtype=np.float32)
    moved = transform(colours, rotation=20, scale=1.2)
    for channel in range(3):
        alone = transform(colours[..., channel : channel + 1], rotation=20, scale=1.2)
        assert np.array_equal(moved[..., channel : channel + 1], alone)


def test_one_map_a_image(images):
    maps = affine_matrix(shift=(np.arange(5), np.zeros(5)))
    moved = affine(images, maps)
    for number in range(5):
        assert np.array_equal(moved[number], transform(images[number : number + 1], shift=(number, 0))[0])


def test_more_images_than_are_computed_at_a_time():
    many = np.random.default_rng(0).random((distortions.CHUNK + 3, 8, 8, 1), dtype=np.float32)
    at_once = transform(many, rotation=30)
    one_by_one = np.concatenate([transform(many[n : n + 1], rotation=30) for n in range(len(many))])
    assert np.array_equal(at_once, one_by_one)


def test_a_seed_repeats_itself(images):
    assert np.array_equal(distort(images, 3), distort(images, 3))
    assert np.array_equal(distort(images, np.random.default_rng(3)), distort(images, 3))
    assert not np.array_equal(distort(images, 3), distort(images, 4))
    generator = np.random.default_rng(3)
    assert not np.array_equal(distort(images, generator), distort(images, generator))


def test_each_image_is_distorted_in_its_own_way():
    same = np.repeat(np.random.default_rng(0).random((1, 32, 32, 1), dtype=np.float32), 2, axis=0)
    one, other = distort(same, 0)
    assert not np.array_equal(one, other)


def test_a_distorted_digit_stays_the_networks_input():
    digits = np.zeros((3, 28, 28), np.uint8)
    digits[:, 8:20, 12:16] = 255
    distorted = distort(to_lenet_input(digits), 0)
    assert distorted.shape == (3, 32, 32, 1) and distorted.dtype == np.float32
    assert distorted.min() >= -0.1001 and distorted.max() <= 1.1751
    assert distorted.mean() == pytest.approx(to_lenet_input(digits).mean(), abs=0.03)


def test_ranges_are_kept():
    shifts = []
    for seed in range(50):
        moved = distort(dot(16, 16), seed, translation=3, scaling=0, squeezing=0, shearing=0)
        shifts.append(where_is_the_dot(moved))
    assert np.abs(np.array(shifts) - 16).max() == 3


def test_no_images_at_all():
    assert distort(np.zeros((0, 32, 32, 1), np.float32), 0).shape == (0, 32, 32, 1)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: distort(x.astype(np.uint8)), TypeError, "to_lenet_input"),
        (lambda x: distort(x[0]), ValueError, "image\\[None\\]"),
        (lambda x: distort(x, translation=-1), ValueError, "translation=-1"),
        (lambda x: distort(x, rotation=float("nan")), ValueError, "rotation"),
        (lambda x: transform(x, scale=0), ValueError, "scale"),
        (lambda x: transform(x, squeeze=-1), ValueError, "squeeze"),
        (lambda x: affine(x, np.eye(3)), ValueError, "\\(2, 3\\)"),
        (lambda x: affine(x, np.zeros((2, 3))), ValueError, "flattens"),
    ],
)
def test_bad_input_is_named(images, call, error, message):
    with pytest.raises(error, match=message):
        call(images)


NO_AFFINE = {"translation": 0, "scaling": 0, "squeezing": 0, "shearing": 0}


def test_smooth_fields_have_unit_variance_everywhere_and_change_slowly():
    fields = smooth_fields(4000, 20, 24, smoothness=3, generator=0)
    assert fields.shape == (2, 4000, 20, 24) and fields.dtype == np.float32
    np.testing.assert_allclose(fields.std(axis=1), 1, atol=0.08)
    np.testing.assert_allclose(fields.mean(axis=1), 0, atol=0.08)
    beside = (fields[:, :, :, 8] * fields[:, :, :, 9]).mean()
    far = (fields[:, :, :, 2] * fields[:, :, :, 21]).mean()
    # Noise smoothed by a Gaussian of σ has the autocorrelation exp(−d²/4σ²).
    assert beside == pytest.approx(np.exp(-1 / 36), abs=0.02) and abs(far) < 0.03
    assert abs((fields[0] * fields[1]).mean()) < 0.03


def test_elastic_distortions_move_ink_by_as_much_as_they_say():
    rings = np.hypot(*(np.mgrid[:33, :33] - 16.0))[None, :, :, None].astype("float32").repeat(400, axis=0)
    moved = distort(rings, 0, **NO_AFFINE, elastic=0.5, smoothness=6, background=0)
    # Along a ray the value is the distance from the centre, so that its change is the displacement along the ray.
    change = (moved - rings)[:, 16, 20:26, 0]
    assert change.std() == pytest.approx(0.5, rel=0.1)


def test_elastic_distortions_of_nothing_and_their_bounds(images):
    assert np.array_equal(distort(images, 0, **NO_AFFINE, elastic=0), images)
    assert np.array_equal(distort(images, 3, elastic=1), distort(images, 3, elastic=1))
    assert not np.array_equal(distort(images, 3, elastic=1), distort(images, 3))
    with pytest.raises(ValueError, match="elastic"):
        distort(images, 0, elastic=-1)
    with pytest.raises(ValueError, match="smoothness"):
        distort(images, 0, elastic=1, smoothness=0)
