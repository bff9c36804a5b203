"""`python -m invoked` is the command `invoked`."""

import os
import sys

from .server import binary_path

os.execv(binary_path(), ["invoked", *sys.argv[1:]])
