"""Where jobs run: in processes of this machine, or on a Dask cluster, here or elsewhere.

An engine is a context manager with five methods:

    free()         whether another job may start now
    start(job)     starts it
    wait(seconds)  [(job, Outcome), ...] of the jobs that ended; waits at most so long for one
    stop()         asks all that run to save and end; `wait` then gives their outcomes
    running        the jobs that run now

A job that dies with its worker (killed, out of memory, a machine that is gone) starts again, from
its checkpoint, at most DEATHS times in all. Workers see the same run folders as this process:
processes on one machine do, a cluster needs a shared file system.
"""
import contextlib
import importlib.util
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
import uuid
from multiprocessing import connection

from ...streams import Patient
from .training import FAILED, STOPPED, Outcome

DEATHS = 3
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
# glibc gives the memory of arrays larger than this back to the system as soon as they are freed.
# Dask asks it to do so at 64 kB, and then a step spends seven eighths of its time on page faults.
MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(2 ** 28), "MALLOC_MMAP_THRESHOLD_": str(2 ** 25)}
POLL_SECONDS, CONNECT_SECONDS = 0.1, 30


class EngineError(ValueError):
    """An engine that cannot be started, or that is lost."""


def cores():
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def make_engine(workers=None, scheduler=None):
    """The engine for `workers` jobs at a time on this machine (default: one a core), or on the
    Dask cluster whose scheduler has that address. Without Dask, processes do the local work.
    """
    has_dask = importlib.util.find_spec("distributed") is not None
    if scheduler:
        if not has_dask:
            raise EngineError("--scheduler needs Dask: pip install 'dask[distributed]'")
        return DaskEngine(scheduler=scheduler)
    workers = workers or cores()
    return DaskEngine(workers) if has_dask else ProcessEngine(workers)


@contextlib.contextmanager
def worker_environment(workers):
    """In this context new processes share the cores: cores // workers BLAS threads each, which
    takes effect when they import NumPy. What the user has set already stays.
    """
    wanted = dict.fromkeys(THREADS, str(max(1, cores() // workers))) | MEMORY
    new = {name: value for name, value in wanted.items() if name not in os.environ}
    os.environ.update(new)
    try:
        yield
    finally:
        for name in new:
            os.environ.pop(name, None)


def attempt(job, should_stop=lambda: False):
    """job.run(should_stop); whatever goes wrong becomes an Outcome, so that other jobs go on."""
    try:
        return job.run(should_stop)
    except (ValueError, OSError, MemoryError) as error:
        return Outcome(FAILED, str(error))
    except Exception as error:
        traceback.print_exc()
        return Outcome(FAILED, f"{type(error).__name__}: {error}")


# -- processes ---------------------------------------------------------------------------------

class ProcessEngine:
    """Each job in a process of its own, which has its name: one that dies takes no other along."""

    def __init__(self, workers):
        self.workers = workers
        self._context = multiprocessing.get_context("spawn")
        self._stack = contextlib.ExitStack()
        self._jobs, self._deaths, self._stopping = {}, {}, False  # {process: (job, pipe)}

    def __enter__(self):
        self._stack.enter_context(worker_environment(self.workers))
        return self

    def __exit__(self, *exception):
        for process in self._jobs:  # there are none, except after a second Ctrl-C
            process.kill()
            process.join()
        return self._stack.__exit__(*exception)

    @property
    def running(self):
        return [job for job, _ in self._jobs.values()]

    def free(self):
        return len(self._jobs) < self.workers

    def start(self, job):
        pipe, theirs = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_run_in_child, args=(job, theirs), name=job.name,
                                        daemon=True)
        process.start()
        theirs.close()
        self._jobs[process] = job, pipe

    def wait(self, seconds):
        connection.wait([process.sentinel for process in self._jobs], seconds)
        ended = [process for process in self._jobs if process.exitcode is not None]
        return [result for process in ended if (result := self._collect(process))]

    def _collect(self, process):
        """(job, Outcome) of a process that has ended; None where its job starts again."""
        job, pipe = self._jobs.pop(process)
        with pipe:
            try:
                outcome = pipe.recv()
            except EOFError:
                outcome = None
        process.join()
        if outcome and (outcome.state != STOPPED or self._stopping):
            return job, outcome
        if self._stopping:
            return job, Outcome(STOPPED)
        self._deaths[job.name] = self._deaths.get(job.name, 0) + 1
        if self._deaths[job.name] >= DEATHS:
            return job, Outcome(FAILED, f"its process died {DEATHS} times, the last time with "
                                        f"exit code {process.exitcode}")
        self.start(job)
        return None

    def stop(self):
        self._stopping = True
        for process in self._jobs:
            process.terminate()  # SIGTERM: the run saves and ends


def _run_in_child(job, pipe):
    # Ctrl-C reaches every process of a terminal. The parent hears it too, and asks once.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    sys.stderr = Patient(sys.stderr)
    outcome = attempt(job)
    pipe.send(outcome)
    sys.stderr.flush()


def _end_with_the_parent():
    connection.wait([multiprocessing.parent_process().sentinel])
    os.kill(os.getpid(), signal.SIGTERM)


# -- Dask --------------------------------------------------------------------------------------

class DaskEngine:
    """Jobs on a Dask cluster: `workers` single-threaded processes on this machine, or the cluster
    whose scheduler has the address `scheduler`.

    The cluster's workers need vae_np installed, and the run folders at the same paths. Dask runs
    the job of a dead worker again by itself. client: the connection, within the context.
    """

    def __init__(self, workers=None, scheduler=None):
        self.workers, self.scheduler = workers, scheduler
        self._token = uuid.uuid4().hex  # marks this engine's jobs: a cluster may outlive it
        self._jobs, self._stopping = {}, False  # {future: job}

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            import dask
            from distributed import Client, LocalCluster
            stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures":
                                                 DEATHS - 1}))
            where = self.scheduler
            if where is None:
                stack.enter_context(worker_environment(self.workers))
                where = stack.enter_context(LocalCluster(
                    n_workers=self.workers, threads_per_worker=1, memory_limit=0,
                    dashboard_address=":0", silence_logs=logging.CRITICAL))
            try:
                self.client = stack.enter_context(
                    Client(where, timeout=CONNECT_SECONDS, set_as_default=False))
                self.client.wait_for_workers(1, timeout=CONNECT_SECONDS)
            except OSError as error:
                raise EngineError(f"no Dask scheduler with workers at {where}: {error}") from None
            if self.scheduler is None:
                self.client.register_plugin(_ignore_ctrl_c())
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exception):
        return self._stack.__exit__(*exception)

    @property
    def running(self):
        return list(self._jobs.values())

    def free(self):
        return len(self._jobs) < sum(self.client.nthreads().values())

    def start(self, job):
        future = self.client.submit(_run_in_worker, job, self._token, pure=False,
                                     key=f"{job.name}-{uuid.uuid4().hex}")
        self._jobs[future] = job

    def wait(self, seconds):
        if self._stopping:  # again and again: a worker may have been dead when it was asked
            self.client.run(_ask_to_stop, self._token, on_error="ignore")
        until = time.monotonic() + seconds
        while not any(future.done() for future in self._jobs) and time.monotonic() < until:
            time.sleep(POLL_SECONDS)
        ended = [future for future in self._jobs if future.done()]
        return [(self._jobs.pop(future), self._outcome(future)) for future in ended]

    @staticmethod
    def _outcome(future):
        if future.status == "finished":
            return future.result()
        if future.status == "error":
            return Outcome(FAILED, str(future.exception()))
        raise EngineError(f"the Dask scheduler has lost a job: it is {future.status}")

    def stop(self):
        self._stopping = True


_stopped = set()  # in a worker: the tokens of the engines that are to stop


def _ask_to_stop(token):
    _stopped.add(token)


def _run_in_worker(job, token):
    return attempt(job, lambda: token in _stopped)


def _ignore_ctrl_c():
    """A plugin for workers of this terminal, which hear its Ctrl-C: only this process may act."""
    from distributed import WorkerPlugin

    class IgnoreCtrlC(WorkerPlugin):
        def setup(self, worker):
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    return IgnoreCtrlC()
