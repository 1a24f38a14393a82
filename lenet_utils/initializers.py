"""How the networks of 1998 draw fresh weights: by the paper's own rule, by Lush's, or by today's.

Taught in *the-1998-network*. Written with `keras.ops` and `keras.initializers`.
"""

import keras
import numpy as np

from lenet_utils.paper import DEFAULT_COEFFICIENT, INITIAL_RANGE, LUSH_COEFFICIENT

INITIALIZERS = ("published", "lush", "default", "he")
"""How fresh weights may be drawn, F being a unit's fan-in, the number of values that it reads:

- "published": everything uniform in ±2.4/F (appendix A), the subsampling layers' four inputs included;
- "lush": weights uniform in ±1/√F, biases 0, subsampling coefficients 1/2, as the authors' own later code
  does, which is written in Lush, their dialect of Lisp;
- "default": the same with subsampling coefficients of 0.8, one of several values that held-out training
  digits cannot tell apart (the study `search_1998`);
- "he": weights normal with variance 2/F (He et al., 2015), the rest as in "default".
"""

COEFFICIENTS = {"lush": LUSH_COEFFICIENT, "default": DEFAULT_COEFFICIENT, "he": DEFAULT_COEFFICIENT}
"""Initial subsampling coefficients of the rules that do not draw them."""

FORMER_INITIALIZERS = {"working": "default"}
"""Names of rules in files that were saved before they had their present ones."""


@keras.saving.register_keras_serializable("lenet_utils")
class FanIn(keras.initializers.Initializer):
    """Random weights scaled by the fan-in of the unit that each belongs to.

    Args:
        kind: one of `INITIALIZERS`.
        fan_in: a number, or one for each entry of the weight's last axis.
        seed: None draws from Keras' global generator.
    """

    def __init__(self, kind: str, fan_in, seed: int | None = None):
        self.kind, self.fan_in, self.seed = check_initializer(kind), np.asarray(fan_in).tolist(), seed

    def __call__(self, shape, dtype=None):
        fan_in = np.asarray(self.fan_in, "float32")
        if self.kind == "he":
            return keras.random.normal(shape, dtype=dtype, seed=self.seed) * np.sqrt(2 / fan_in)
        bound = INITIAL_RANGE / fan_in if self.kind == "published" else 1 / np.sqrt(fan_in)
        return keras.random.uniform(shape, -1, 1, dtype=dtype, seed=self.seed) * bound

    def get_config(self):
        return {"kind": self.kind, "fan_in": self.fan_in, "seed": self.seed}

    @classmethod
    def from_config(cls, config):
        """The initializer of these settings, also of those of files saved under former names."""
        return cls(**{**config, "kind": FORMER_INITIALIZERS.get(config["kind"], config["kind"])})


def check_initializer(name: str) -> str:
    """Return the name of a rule, or raise ValueError if it is none of `INITIALIZERS`."""
    if name not in INITIALIZERS:
        raise ValueError(f"initializer={name!r} is unknown; choose one of {INITIALIZERS}.")
    return name


def bias_initializer(name: str, fan_in) -> keras.initializers.Initializer:
    """Biases: drawn like the weights if as published, else 0."""
    return FanIn(name, fan_in) if name == "published" else keras.initializers.Zeros()


def coefficient_initializer(name: str) -> keras.initializers.Initializer:
    """Coefficients of a subsampling layer, each of which multiplies the sum of four values."""
    return FanIn(name, 4) if name == "published" else keras.initializers.Constant(COEFFICIENTS[name])
