"""What an autograder does with a notebook that a student hands in; Otter-Grader does the rest.

Otter runs whole notebooks, and a chapter takes a minute or more. `Submission` is a plugin of Otter's that takes
seconds: it keeps the student's statements that have to do with the answers, puts before them what they need of the
chapter, and gives each a time limit. This folder travels in the autograder's zip, so that a machine which grades
needs the package `lenet_utils` and nothing else of this repository.
"""

import ast
import json
import os
import re
from pathlib import Path

from nbformat.v4 import new_code_cell, new_notebook
from otter.plugins import AbstractOtterPlugin

from teaching.grading.slicing import (
    Cell,
    backward_slice,
    relevant_statements,
    remove_checks,
    split_statements,
)

FOLDER = Path(__file__).resolve().parent.parent.parent
"""Where the kernel, too, finds `teaching.grading`."""

INSTALLING = re.compile(r"^(\s*)[%!].*\b(pip|conda|mamba|apt|apt-get)\b.*$", re.MULTILINE)
"""Lines that fetch software. An autograder has what it needs, and often no network."""

TIMING = re.compile(r"^(\s*)%%?(time|capture)\b *", re.MULTILINE)
"""IPython's magic that only looks on while Python runs."""

CLASS = re.compile(r"CLASS = ")


class Submission(AbstractOtterPlugin):
    """Otter plugin: of a notebook that was handed in, run what is the student's, and what that needs.

    Cells are told apart by what they say and by their ids, never by tags or other metadata, which Colab may drop.
    Its settings, in `otter_config.json`: `chapter`, the code cells that the student was given, as pairs of id and
    source; `stubs`, the ids of those that are to be changed, or answered below; `names`, which the checks are asked
    about; `seconds` for each of the student's statements.
    """

    def before_execution(self, notebook):
        """The notebook that Otter runs in place of the one handed in."""
        os.environ["LENET_DATA"] = "sample"  # the same digits, and quickly, wherever one grades
        given, names = dict(self.plugin_config["chapter"]), set(self.plugin_config["names"])
        stubs, known = set(self.plugin_config["stubs"]), {_normalize(source) for source in given.values()}
        theirs = [
            TIMING.sub(r"\1", INSTALLING.sub(r"\1pass", cell.source))
            for cell in notebook.cells
            if cell.cell_type == "code"
            and cell.get("id") not in given.keys() - stubs
            and _normalize(cell.source) not in known
        ]
        class_number = [each for source in theirs for each in split_statements(source) if CLASS.match(each)]
        answers = class_number + relevant_statements(theirs, names)
        # A stub is nobody's answer. What else it says, such as the class's sizes, an answer below it may read.
        unanswered = set().union(*(Cell(given[stub]).binds for stub in stubs))
        wanted = (names - unanswered).union(*(Cell(answer).reads_in_all for answer in answers))
        quiet = {stub: ast.unparse(remove_checks(given[stub])) for stub in stubs}
        cells = backward_slice(list({**given, **quiet}.values()), wanted)
        trains = any("training." in cell for cell in cells)
        cells.insert(0, f"import sys\n\nsys.path.append({str(FOLDER)!r})")
        if trains:
            cells.insert(1, "from teaching.grading import training_cache\n\ntraining_cache.cache_fits()")
        arguments = f"json.loads({json.dumps(json.dumps(answers))}), {self.plugin_config['seconds']}"
        cells.append(
            f"import json\nfrom teaching.grading import running\n\nrunning.run_statements({arguments})"
        )
        return new_notebook(cells=[new_code_cell(cell) for cell in cells])


def _normalize(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())
