"""The bundled Python runtime against awslambdaric: the rows of python_rows.py under both.

test: timeout 300
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from compare import invoked, make_case  # noqa: E402
from python_language import Python  # noqa: E402
from python_rows import rows  # noqa: E402

PythonRows = make_case(Python(), rows())

if __name__ == "__main__":
    invoked.run_tests()
