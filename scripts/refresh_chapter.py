"""Run chapters and store the outputs that are to be kept: `make chapters CHAPTER=mathematics`.

Every cell is executed on the sample. Cells tagged `nbval-check-output` keep their output, which the tests
then hold the chapter to; all other outputs are dropped, because they depend on data or machine. The list of exercises,
from which checks take their titles, is brought up to date.
"""

import os
import sys

import nbformat
from nbclient import NotebookClient

from scripts.chapters import ROOT, list_chapters, tags_of
from teaching.exercises import write_list

CHAPTERS = ROOT / "chapters"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def tidy(notebook: nbformat.NotebookNode) -> None:
    """Drop what changes from run to run: outputs not checked, timings, editors' metadata."""
    notebook.metadata = {
        "description": notebook.metadata.description,
        "kernelspec": KERNEL,
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        for passing in ("execution", "lines_to_next_cell"):
            cell.metadata.pop(passing, None)
        if cell.cell_type != "code":
            continue
        tags = tags_of(cell)
        if "nbval-check-output" in tags:
            # nbstripout, which the commit hook runs, keeps what carries this tag.
            cell.metadata["tags"] = sorted({*tags, "keep_output"})
        else:
            cell.outputs, cell.execution_count = [], None


def main(names: list[str]) -> None:
    os.environ.setdefault("LENET_DATA", "sample")
    paths = [CHAPTERS / f"{name}.ipynb" for name in names or list_chapters()]
    for number, path in enumerate(paths, 1):
        print(f"[{number}/{len(paths)}] {path.stem}", flush=True)
        notebook = nbformat.read(path, as_version=4)
        NotebookClient(notebook, timeout=900, resources={"metadata": {"path": str(CHAPTERS)}}).execute()
        tidy(notebook)
        nbformat.write(notebook, path)
    write_list()


if __name__ == "__main__":
    main(sys.argv[1:])
