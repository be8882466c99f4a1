"""Runs a job whose process dies each time, on a ProcessEngine; prints its outcome as JSON.

    python dying_job.py FOLDER DEATHS      the job dies so often, then it would finish
"""
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from vae_np.experiments.jobs.engines import ProcessEngine
from vae_np.experiments.jobs.training import DONE, Outcome


@dataclass
class DyingJob:
    folder: Path
    deaths: int
    name: str = "dying"

    def run(self, should_stop):
        lives = len(list(self.folder.iterdir()))
        (self.folder / str(lives)).touch()
        if lives < self.deaths:
            os._exit(9)
        return Outcome(DONE, os.environ["OPENBLAS_NUM_THREADS"])


def main():
    with ProcessEngine(1) as engine:
        engine.start(DyingJob(Path(sys.argv[1]), int(sys.argv[2])))
        ended = []
        while engine.running:
            ended += engine.wait(10)
    print(json.dumps(ended[0][1]))


if __name__ == "__main__":
    main()
