"""Jobs on real processes and on a real Dask cluster: killed, stopped, gone on."""
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import vae_np
from vae_np.experiments.jobs import engines
from vae_np.experiments.jobs.engines import (DaskEngine, EngineError, ProcessEngine,
                                             worker_environment)
from vae_np.experiments.jobs.training import DONE, FAILED, STOPPED, Outcome
from vae_np.runs import read_metrics

HERE = Path(__file__).parent
SECONDS = 60  # within which everything here must have happened
pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


@pytest.fixture(params=["processes", "dask"], scope="module")
def engine(request):
    """An engine with two workers on this machine; a cluster takes seconds to start, so share."""
    if request.param == "dask":
        pytest.importorskip("distributed")
    with (ProcessEngine if request.param == "processes" else DaskEngine)(2) as engine:
        yield engine


def process_of(engine, job):
    """The id of the process that runs a job."""
    if isinstance(engine, ProcessEngine):
        return next(process.pid for process in multiprocessing.active_children()
                    if process.name == job.name)
    ids = engine.client.run(os.getpid)
    return next(ids[worker] for worker, keys in engine.client.processing().items()
                if any(key.startswith(f"{job.name}-") for key in keys))


def wait_for(condition):
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def finish(engine):
    """{name: Outcome} of all that runs."""
    outcomes, until = {}, time.monotonic() + SECONDS
    while engine.running:
        assert time.monotonic() < until
        outcomes |= {job.name: outcome for job, outcome in engine.wait(0.5)}
    return outcomes


def test_a_worker_that_is_killed_costs_its_job_nothing(engine, job, left):
    """SIGKILL in mid-job: the job goes on from its checkpoint, the other one hears nothing."""
    victim, neighbour = job("victim", 200_000), job("neighbour", 100_000)
    for each in (victim, neighbour):
        assert engine.free()
        engine.start(each)
    assert not engine.free()
    wait_for(lambda: (victim.folder / "checkpoint.npz").exists())
    os.kill(process_of(engine, victim), signal.SIGKILL)
    assert {name: outcome.state for name, outcome in finish(engine).items()} == {
        "victim": DONE, "neighbour": DONE}
    straight = job("straight", 200_000)
    straight.run()
    assert left(victim.folder) == left(straight.folder)


def test_stop_saves(job, left):
    """On Dask, see the cluster elsewhere."""
    jobs = [job("a", 10**8, eval_at=[1000, 2000]), job("b", 10**8, eval_at=[1000, 2000])]
    with ProcessEngine(2) as engine:
        for each in jobs:
            engine.start(each)
        wait_for(lambda: all(len(read_metrics(each.folder)) >= 2 for each in jobs))
        engine.stop()
        outcomes = finish(engine)
    assert [outcomes[each.name].state for each in jobs] == [STOPPED] * 2
    for each in jobs:
        header, _, records = left(each.folder)
        assert header["loop"]["samples_seen"] >= 2000 and len(records) == header["records"]


def test_what_goes_wrong_in_a_job_is_its_outcome(engine, job, config):
    broken = job("broken", 500)
    broken.config["data"] = "moons"
    engine.start(broken)
    state, note = finish(engine)["broken"]
    assert state == FAILED and "unknown data set 'moons'" in note


def run_dying(folder, deaths):
    environment = {**os.environ, "PYTHONPATH": str(Path(vae_np.__file__).parents[1])}
    environment.pop("OPENBLAS_NUM_THREADS", None)
    command = [sys.executable, HERE / "dying_job.py", folder, str(deaths)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True,
                          timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    return Outcome(*json.loads(done.stdout))


def test_a_job_may_die_twice_but_not_thrice(tmp_path):
    (tmp_path / "twice").mkdir()
    cores = str(engines.cores())
    assert run_dying(tmp_path / "twice", 2) == Outcome(DONE, cores)  # its share of BLAS threads
    (tmp_path / "thrice").mkdir()
    assert run_dying(tmp_path / "thrice", 3) == Outcome(
        FAILED, "its process died 3 times, the last time with exit code 9")


def test_a_cluster_elsewhere_outlives_its_jobs(job):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False,
                                  protocol="tcp", dashboard_address=":0") as cluster:
        for name in ("a", "b"):
            with DaskEngine(scheduler=cluster.scheduler_address) as engine:
                engine.start(job(name, 10**8))
                engine.stop()
                assert finish(engine)[name].state == STOPPED  # and the stop is forgotten
        with DaskEngine(scheduler=cluster.scheduler_address) as engine:
            engine.start(job("c", 500))
            assert finish(engine)["c"].state == DONE


def test_a_scheduler_that_is_not_there(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(engines, "CONNECT_SECONDS", 0.2)
    with pytest.raises(EngineError, match="no Dask scheduler with workers at tcp://127.0.0.1:9"):
        with DaskEngine(scheduler="tcp://127.0.0.1:9"):
            pass


def test_workers_share_the_cores(monkeypatch):
    monkeypatch.setattr(engines, "cores", lambda: 6)
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "MALLOC_TRIM_THRESHOLD_"):
        monkeypatch.delenv(name, raising=False)
    for workers, threads in ((1, "6"), (2, "3"), (4, "1"), (9, "1")):
        with worker_environment(workers):
            assert os.environ["OPENBLAS_NUM_THREADS"] == os.environ["MKL_NUM_THREADS"] == threads
            assert os.environ["OMP_NUM_THREADS"] == "5"  # the user knows better
            assert int(os.environ["MALLOC_TRIM_THRESHOLD_"]) > 10**6
    assert "OPENBLAS_NUM_THREADS" not in os.environ and os.environ["OMP_NUM_THREADS"] == "5"


def test_without_dask_processes_do_the_work(monkeypatch):
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda name: None)
    assert isinstance(engines.make_engine(2), ProcessEngine)
    assert engines.make_engine().workers == engines.cores()
    with pytest.raises(EngineError, match="--scheduler needs Dask: pip install"):
        engines.make_engine(scheduler="tcp://somewhere:8786")
