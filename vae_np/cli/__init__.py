"""The command line: `parser` and `options` read what is asked; `commands` and `rows` do it."""
from .parser import build_parser, main

__all__ = ["build_parser", "main"]
