"""Entry point of a worker: ``python bridge --fd 3`` serves one connection."""

import sys

from glint_bridge.server import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
