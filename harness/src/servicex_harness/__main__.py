"""`python -m servicex_harness` is the `servicex-harness` command."""

from servicex_harness.cli import main

raise SystemExit(main())
