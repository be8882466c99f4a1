"""`fit`: what `vae-np train` does, on arrays and without files."""
import signal

import numpy as np

from ..catalogue import settings_for
from ..training import StopSignals


def fit(model, x, *, epochs=None, rng=None, test=None, labels=None, test_labels=None,
        on_record=lambda record: None, **settings):
    """Trains a model on arrays, in place: what `vae-np train` does, without files.

    x, test: (N, D) data, in [0, 1] for a Bernoulli likelihood. Grey pixels stay grey unless
    `binarize` says otherwise; the bounds are then bound scores, not bounds on a likelihood.
    epochs: None is the default, 50.
    labels, test_labels: (N,) whole numbers, for a model that takes them, such as ConditionalVAE;
    −1 for one that is not known, where the model can do without. A model's own `rows` will do for
    x and test as well.
    settings: those of the model's trainer, such as batch_size, lr, optimizer, binarize, with the
    defaults that `vae-np train` has. A model that learns from all data at once, a mixture, takes
    them all in each step.
    Returns the history, a list of records {"epoch", "samples_seen", "train_elbo", "test_elbo",
    "seconds"}, bounds in nats per example. on_record(record) is called with each as it comes. With
    workers the parameters lie elsewhere while `fit` runs, so a view of one of them, taken before,
    shows what it was until the end: ask model.params anew.

    Ctrl-C ends the step that runs, then raises KeyboardInterrupt: the model is as its last whole
    step left it. Raises ValueError or TypeError for bad data or settings, NonFiniteBoundError
    where training diverges, WorkerError, which is an OSError, where one of the workers is killed:
    it says so if that may have left a step half taken.
    """
    reader = model.incomplete(np.zeros(model.x_dim)) if settings.get("missing") is True else model
    x = reader.rows(x, labels, "x")
    test = None if test is None else reader.rows(test, test_labels, "test")
    rng = np.random.default_rng() if rng is None else rng
    given = settings if epochs is None else {"epochs": epochs, **settings}
    loop = settings_for(model, given, len(x)).make_loop(model, x, test, rng)
    history = []

    def keep(record):
        history.append(record)
        on_record(record)

    with StopSignals(signal.SIGINT) as stop:
        if not loop.run(keep, should_stop=stop):
            raise KeyboardInterrupt
    return history
