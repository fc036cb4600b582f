"""The sidecar at the place where pods of ServiceX look for it."""

import sys

from servicex_harness.pod_sidecar.__main__ import main

sys.exit(main())
