"""The small package behind the book *LeNet: A Comprehensive Overview*.

Importing it loads nothing heavy; each module is imported by its own name, ground floor first:
`paper`, `records`, `data`, `distortions`, `reference`, `models`, `anatomy`, `training`, `plotting`, `checks`.
"""

import os

# TensorFlow greets every import with a page of start-up messages; a reader needs its errors only.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

__version__ = "1.0.0"
