#!/opt/topcp/bin/python
"""TopCPToolkit's command, answered by the columnar engine."""

import sys

from topcp_columnar.cli import main

sys.exit(main())
