"""The command line: what can be asked (parser, options), what is then done (commands)."""
from .parser import build_parser, main

__all__ = ["build_parser", "main"]
