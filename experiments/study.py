"""What a study declares: what it compares, how one run of it goes, how often, and on which data.

Each module of `experiments.studies` declares one, `STUDY = Study(variants=[…], fit=fit, seeds=5)`;
`experiments.runner` does the rest.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from lenet_utils.data import Dataset, load_mnist

DRY_RUN_IMAGES = {"train": 1000, "test": 200}
DRY_RUN_EPOCHS = 2


def full_mnist() -> Dataset:
    """All of MNIST, 60,000 and 10,000 digits: no study is recorded on the sample."""
    return load_mnist("full")


def few_digits() -> Dataset:
    """The first digits of the embedded sample, `DRY_RUN_IMAGES` of them, for a dry run."""
    sample = load_mnist("sample")
    names = [(f"{kind}_{part}", count) for kind in "xy" for part, count in DRY_RUN_IMAGES.items()]
    return replace(sample, **{name: getattr(sample, name)[:count] for name, count in names})


@dataclass(frozen=True)
class Trial:
    """One run of a study: all that it is given beside the data.

    Attributes:
        variant: which of the study's variants.
        seed: of everything that is drawn at random.
        folder: the run's own place for checkpoints, so that an interrupted one goes on where it was; None for
            none.
        dry_run: whether this only tries the code: two epochs, no weights written.
    """

    variant: str = ""
    seed: int = 0
    folder: Path | None = None
    dry_run: bool = False

    def limit(self, epochs: int) -> int:
        """How many epochs (or rounds) to do: as many as are asked for, in a dry run two at most."""
        return min(epochs, DRY_RUN_EPOCHS) if self.dry_run else epochs


@dataclass(frozen=True)
class Study:
    """A comparison of variants, each trained once for every seed.

    Attributes:
        variants: the names of what is compared, in the order of the record.
        fit: function of (images, labels, trial) that trains once without any test digit at hand, and returns
            a function from uint8 images to classes, (N,), or scores of them, (N, classes), and a dict of
            further fields to record. The runner then reads the test set, once.
        run: instead of `fit`, a function of (data, trial) that returns all fields itself: where the test set
            is not what is read, or where a curve over it is reported. No choice may depend on test digits
            there either.
        seeds: how many.
        deterministic: the variants whose training draws nothing at random: one seed is enough.
        load: function that returns the data, as `lenet_utils.data` does.
        load_few: the same for a dry run.
        evaluate: beside `fit`, where more than the error is asked: function of (answer, test images, test
            labels), `answer` as `fit` returned it, that returns a dict of fields to record.
        timed: whether the runs' seconds are what is reported: they then wait for each other, whatever --jobs
            says.
    """

    variants: Iterable[str]
    fit: Callable | None = None
    run: Callable | None = None
    seeds: int = 1
    deterministic: Collection[str] = ()
    load: Callable[[], Dataset] = full_mnist
    load_few: Callable[[], Dataset] = few_digits
    evaluate: Callable | None = None
    timed: bool = False

    def __post_init__(self):
        object.__setattr__(self, "variants", tuple(self.variants))
        if (self.fit is None) == (self.run is None):
            raise ValueError("A study has either fit or run: the one leaves the test set to the runner.")
        if self.evaluate and self.run:
            raise ValueError("evaluate is asked after fit; a study with run reports all fields itself.")
        if len(set(self.variants)) < len(self.variants) or not set(self.deterministic) <= set(self.variants):
            raise ValueError("Every variant has its own name, and the deterministic ones are among them.")

    def pairs(self, seeds: int | None = None) -> list[tuple[str, int]]:
        """Which (variant, seed) to run, seed by seed: an interrupted study has compared all its variants."""
        return [
            (variant, seed)
            for seed in range(seeds or self.seeds)
            for variant in self.variants
            if seed == 0 or variant not in self.deterministic
        ]
