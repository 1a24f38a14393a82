"""Keep every test, and every process that a test starts, away from the user's caches and from the network."""

import atexit
import os
import shutil
import tempfile

# Set on import, not in a fixture: the chapters' kernels are started before any fixture of theirs could run.
_FOLDER = tempfile.mkdtemp(prefix="lenet-tests-")
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)

os.environ["KERAS_HOME"] = os.path.join(_FOLDER, "keras")
os.environ["IPYTHONDIR"] = os.path.join(_FOLDER, "ipython")
os.environ["LENET_DATA"] = "sample"
os.environ.pop("LENET_DATA_DIR", None)
