"""python -m vae_np: the command line."""
import sys

from .cli import main

sys.exit(main())
