"""The command line: `parser` and `options` read what the user asks; `commands` and `rows` do it."""
from .parser import build_parser, main

__all__ = ["build_parser", "main"]
