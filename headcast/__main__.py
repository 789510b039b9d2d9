"""`python -m headcast ...` in, the same as the `headcast` command out."""

import sys

from headcast.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
