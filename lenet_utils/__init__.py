"""The small package behind the book *LeNet: A Comprehensive Overview*.

Importing it loads nothing heavy; each module is imported by its own name, ground floor first:
`paper`, `results`, `data`, `distortions`, `reference`, `models`, `anatomy`, `training`, `plotting`, `checks`.
"""

__version__ = "1.0.0"
