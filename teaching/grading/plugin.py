"""Otter-Grader's way into the grading of this book, for Gradescope and for `otter grade`.

Otter runs a notebook in a kernel and asks its test files there. Here the plugin grades the notebook first, in
processes of its own, and hands Otter a notebook that holds the verdicts and no code of the student's. This
folder travels in the autograder's zip, so that a machine which grades needs the package `lenet_utils` and
nothing else of the repository.
"""

import json
import tempfile
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from otter.plugins import AbstractOtterPlugin

from teaching.grading.supervising import start_grading


class Submission(AbstractOtterPlugin):
    """Otter plugin: grade the notebook that was handed in; the test files read what was found."""

    def before_execution(self, notebook):
        """The notebook that Otter runs in place of the one handed in.

        Raises:
            RuntimeError: the machine cannot grade; the message says why.
        """
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "submission.ipynb"
            nbformat.write(notebook, path)
            process = start_grading(path, Path(folder), self.plugin_config, [Path.cwd()])
            process.wait()
            result = json.loads((Path(folder) / "result.json").read_text(encoding="utf-8"))
        if result["fault"]:
            raise RuntimeError(f"this machine cannot grade: {result['fault']}")
        return new_notebook(
            cells=[new_code_cell(f"import json\n\nVERDICTS = json.loads({json.dumps(result['verdicts'])!r})")]
        )
