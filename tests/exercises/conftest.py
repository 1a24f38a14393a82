"""Say at the end with how many seeds the exercises were tried."""

import os


def pytest_terminal_summary(terminalreporter):
    seeds = os.environ.get("LENET_SEEDS", 3)
    terminalreporter.write_line(
        f"exercises: every answer with {seeds} seeds (LENET_SEEDS=100 for the long run)"
    )
