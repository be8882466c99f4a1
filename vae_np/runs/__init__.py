"""Run folders: config.json, metrics.jsonl, checkpoint.npz, figures/. Start, resume, load, fit."""
from .folders import (CHECKPOINT_SECONDS, CONFIG_FIELDS, EPOCH_CHECKPOINT_SECONDS, FILES, Run,
                      RunError, fit, load, read_config, read_metrics, save_model)

__all__ = ["CHECKPOINT_SECONDS", "CONFIG_FIELDS", "EPOCH_CHECKPOINT_SECONDS", "FILES", "Run",
           "RunError", "fit", "load", "read_config", "read_metrics", "save_model"]
