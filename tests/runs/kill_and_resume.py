"""Kills a training run at random moments, resumes it, and tells what it saw as one JSON object.

    python kill_and_resume.py FOLDER KILLS

A child process trains and saves after every step, so most of its time goes into checkpoints. It
gets SIGKILL at a random moment, of its start or of its training, and the next child goes on. The
last one may finish. The same run, never killed, stands beside it in FOLDER.
"""
import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from vae_np.runs import Run, checkpoints, folders
from vae_np.runs.checkpoints import CheckpointError

CONFIG = {"data": "two-moons", "seed": 0, "device": "cpu",
          "model": {"z_dim": 2, "hidden": [100, 200], "likelihood": "gaussian:0.1"},
          "training": {"batch_size": 2}}
STEPS = 12  # that a child takes before it is killed, at most


class Reporter:
    """Says nothing; after_step(loop) is called where it would."""

    def __init__(self, after_step=lambda loop: None):
        self.step = after_step

    def record(self, record):
        """Nothing to show."""


def go_on(folder, reporter):
    """Starts or resumes the run and trains it to its end."""
    has_checkpoint = (folder / "checkpoint.npz").exists()
    run = Run.resume(folder) if has_checkpoint else Run.create(folder, CONFIG)
    return run.train(reporter)


def start_child(folder):
    """A process that trains with a checkpoint after every step: its id, and a pipe into which it
    writes after each of them.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    folders.CHECKPOINT_SECONDS = 0.0
    try:
        go_on(folder, Reporter(lambda loop: os.write(writing, b".")))
        os._exit(0)
    except BaseException as error:  # whatever it is, the parent must hear of it
        print(f"a child failed: {error!r}", file=sys.stderr)
        os._exit(1)


def kill_at_random(child, steps, rng):
    """Kills the child while it starts or after some steps; returns the status of its end."""
    if rng.random() < 0.8:
        for _ in range(rng.integers(2, STEPS)):
            os.read(steps, 1)
        time.sleep(rng.uniform(0, 0.01))
    else:
        time.sleep(rng.uniform(0, 0.05))
    os.kill(child, signal.SIGKILL)
    os.close(steps)
    return os.waitpid(child, 0)[1]


def main(folder, kills):
    rng = np.random.default_rng()
    # A little more than the children can reach, with a record every few steps.
    end = 2 * (STEPS + 3) * kills
    CONFIG["training"].update(samples_seen=end, eval_at=list(range(10, end, 10)))
    seen = {"killed": 0, "failed": 0, "unreadable": 0, "litter": 0, "samples": [0]}
    killed = folder / "killed"
    for _ in range(kills):
        status = kill_at_random(*start_child(killed), rng)
        seen["killed"] += os.WIFSIGNALED(status)
        seen["failed"] += os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0
        seen["litter"] += any(path.name.startswith(".") for path in killed.glob("*"))
        if (killed / "checkpoint.npz").exists():
            try:
                header, _ = checkpoints.read(killed / "checkpoint.npz")
                seen["samples"].append(header["loop"]["samples_seen"])
            except CheckpointError as error:
                print(error, file=sys.stderr)
                seen["unreadable"] += 1
    go_on(killed, Reporter())
    go_on(folder / "straight", Reporter())
    print(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
