"""Runs: a folder with config.json, metrics.jsonl, checkpoint.npz and figures/, or none at all.

`folders` starts and resumes them, `saving` reads and writes models, `fitting` trains on arrays.
"""
from .fitting import fit
from .folders import CHECKPOINT_SECONDS, EPOCH_CHECKPOINT_SECONDS, Run
from .records import CONFIG_FIELDS, FILES, RunError, read_config, read_metrics
from .saving import load, save_model

__all__ = ["CHECKPOINT_SECONDS", "CONFIG_FIELDS", "EPOCH_CHECKPOINT_SECONDS", "FILES", "Run",
           "RunError", "fit", "load", "read_config", "read_metrics", "save_model"]
