"""The bundled Node.js runtime against aws-lambda-ric: the rows of nodejs_rows.py under both.

test: timeout 300
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from compare import invoked, make_case  # noqa: E402
from nodejs_language import Nodejs  # noqa: E402
from nodejs_rows import rows  # noqa: E402

NodejsRows = make_case(Nodejs(), rows())

if __name__ == "__main__":
    invoked.run_tests()
