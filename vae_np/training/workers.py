"""A step of Algorithm 1, shared out among processes: each takes a part of the minibatch.

The bound of a minibatch is a mean over its examples, so its gradient is the weighted mean of the
gradients of its parts. Each process works out one of them. Then each adds them all up for its own
part of the parameters, and moves those. No array is sent: the parameters, the optimiser's moments,
the minibatch and the gradients lie in memory that all the processes see, and a byte through a pipe
says when they are there.

Why processes: BLAS shares a product of matrices among all cores, but NumPy does everything else on
one. Threads could share that out as well, if they did not share the interpreter's lock. A step
calls NumPy two hundred times, and a call that finds the lock taken waits longer than it works.
"""
import os
import pickle
import weakref
from contextlib import contextmanager

import numpy as np

from ..backend import CACHE_LINE, empty_vector, namespace
from ..blocks import OneThread, blas_libraries
from ..models.base import named
from ..params import Params
from .processes import Member, WorkerError, carry_out
from .shared_memory import mapped, new_memory

GRADIENT, MOVE = b"g", b"m"
ROWS, KL_WEIGHT, LR, STEPS, SLOTS = range(5)  # what stands where in a team's `numbers`


def check_workers(model, count):
    """Raises ValueError where `count` processes cannot share in the training of `model`."""
    if count == 1:
        return
    if os.name != "posix":
        raise ValueError(f"workers = {count} takes Linux or macOS: leave it at 1 here")
    if namespace(model.params.vector) is not np:
        raise ValueError(f"workers = {count} share out a minibatch on the CPU: leave it at 1 on a "
                         "GPU")
    if type(model).__module__ == "__main__":
        raise ValueError(f"workers = {count} cannot find the class of {named(model)}, which stands "
                         "in the script or notebook itself: put it into a file of its own and "
                         "import it, or leave workers at 1")
    try:
        pickle.dumps(model)
    except Exception as error:  # each class has its own ways to refuse
        raise ValueError(f"workers = {count} cannot send {named(model)} to another process "
                         f"({error}): leave it at 1") from None
    if blas_libraries()[0] is None:
        raise ValueError(f"workers = {count} takes threadpoolctl, which is not installed: pip "
                         "install threadpoolctl, or leave it at 1")


class Worker:
    """What one process does in a step, for its share of the work.

    number: its place among `count`. memory: the file that they share, a descriptor; arrays: what
    lies in it, (shape, dtype) each, in the order in which they are named here.
    """

    def __init__(self, trainer, number, count, memory, arrays):
        self.trainer, self.number, self.count = trainer, number, count
        self.optimizer, = trainer.optimizers.values()
        changed = len(self.optimizer.vectors())
        self.values, self.numbers, self.slots, self.x, *rest = mapped(memory, arrays)
        self.vectors, self.noise = rest[:changed], rest[changed:]
        self._room = empty_vector(self.optimizer.chunk, self.slots.dtype, np)

    def find_gradient(self, x, noise):
        """The bound and the gradient of this process's rows x, weighted with how many they are.
        noise: a tuple of their ε.
        """
        slot, weight = self.slots[self.number], len(x) * self.count / float(self.numbers[ROWS])
        self.values[self.number] = 0.0
        if not len(x):
            slot[:] = 0.0
            return
        with self.optimizer.params.lending(slot):
            value, grads = self.trainer.bound_and_grad(
                x, noise if len(noise) > 1 else noise[0], float(self.numbers[KL_WEIGHT]))
        self.values[self.number] = weight * float(value)
        if weight != 1.0 or not np.may_share_memory(grads.vector, slot):
            np.multiply(grads.vector, weight, out=slot)

    def rows(self):
        """The slice of the minibatch's rows that is this process's share."""
        return _share(int(self.numbers[ROWS]), self.number, self.count)

    def move(self):
        """Moves this process's part of the parameters."""
        self.optimizer.lr = float(self.numbers[LR])
        self.optimizer.steps = int(self.numbers[STEPS])
        vector = self.vectors[0]
        line = CACHE_LINE // vector.itemsize  # no two processes write to the same one
        self.optimizer.move(_share(len(vector), self.number, self.count, line), self.total)

    def total(self, part):
        """The whole minibatch's gradient for a slice of the parameters, of `chunk` at most."""
        slots = self.slots[:int(self.numbers[SLOTS]), part]
        if len(slots) == 1:
            return slots[0]
        room = self._room[:slots.shape[1]]  # no slot: other cores have those in their caches
        np.add(slots[0], slots[1], out=room)
        for gradient in slots[2:]:
            room += gradient
        room *= 1.0 / self.count
        return room


class Team(Worker):
    """This process and those that it starts, for minibatches up to the size of x.

    trainer: a VAETrainer. x: a minibatch, with `noise`, a tuple of its ε, each (L, N, ...). From
    here on the parameters lie in the shared memory. BLAS has one thread in each process, between
    the steps too: else its threads would look for work for a tenth of a second after each product,
    on cores that the others need. `close` undoes all of it and ends the other processes. They end
    too where this one dies. Raises WorkerError where one of them fails; a step that was under way
    may then have moved a part of the parameters.
    """

    def __init__(self, trainer, count, x, noise):
        optimizer, = trainer.optimizers.values()
        self._home = optimizer.vectors()
        vector = self._home[0]
        arrays = [((count,), np.dtype(float)), ((5,), np.dtype(float)),
                  ((count, len(vector)), vector.dtype),
                  *((one.shape, one.dtype) for one in (x, *self._home, *noise))]
        orders = pickle.dumps((trainer, count, arrays))
        self._members = []
        OneThread.hold()
        self._end = weakref.finalize(self, _end, self._members)
        with new_memory(arrays) as memory:
            for number in range(1, count):
                self._members.append(Member(number, memory.fileno(), serve))
            super().__init__(trainer, 0, count, memory.fileno(), arrays)
        for member in self._members:
            member.give(orders)
        for place, vector in zip(self.vectors, self._home, strict=True):
            place[...] = vector
        optimizer.settle(self.vectors)
        self._grads = _Slots(self)
        try:
            self._hear()
        except WorkerError:
            self.close()
            raise

    def fits(self, x, noise):
        """Whether a minibatch and its noise have room in the shared memory."""
        def rest(arrays):
            return [(len(one), one.shape[2:]) for one in arrays]
        return (len(x) <= len(self.x) and x.shape[1:] == self.x.shape[1:]
                and rest(noise) == rest(self.noise))

    def bound_and_grad(self, x, noise, kl_weight):
        """The trainer's `bound_and_grad` of a whole minibatch, together."""
        self.numbers[ROWS], self.numbers[KL_WEIGHT] = len(x), kl_weight
        self.numbers[SLOTS] = self.count
        own = self.rows()
        others = slice(own.stop, len(x))  # whose rows must lie in the memory
        self.x[others] = x[others]
        for place, one in zip(self.noise, noise, strict=True):
            place[:, others] = one[:, others]
        with self._ordered(GRADIENT):
            self.find_gradient(x[own], tuple(one[:, own] for one in noise))
        return float(self.values.mean()), self._grads

    def ascend(self):
        """One step of the optimiser along the gradient that was found last, together."""
        self.numbers[[LR, STEPS]] = self.optimizer.lr, self.optimizer.steps + 1
        with self._ordered(MOVE):
            self.move()

    def add_up(self):
        """Puts the whole gradient into the first slot, for whoever wants to see or change it."""
        if self.numbers[SLOTS] > 1:
            self.slots[0] = self.slots.mean(axis=0)
            self.numbers[SLOTS] = 1

    def close(self):
        """Ends the other processes. Everything lies where it lay before the team, as it is now."""
        self._end()
        for place, vector in zip(self._home, self.vectors, strict=True):
            place[...] = vector
        self.optimizer.settle(self._home)

    @contextmanager
    def _ordered(self, order):
        """Within, the others carry out an order; at the end they have."""
        for member in self._members:
            member.tell(order)
        try:
            yield
        finally:  # or the next answer would belong to this order
            self._hear()

    def _hear(self):
        for member in self._members:
            member.hear()


class _Slots(Params):
    """The gradient of a team's step. It is added up only when somebody looks at it."""

    def __init__(self, team):
        super().__init__(team.optimizer.params.layout, team.slots[0])
        self._team = team

    @property
    def vector(self):
        self._team.add_up()
        return self._vector

    def __getitem__(self, name):
        self._team.add_up()
        return super().__getitem__(name)


def serve():
    """What another process of the team does, from its start to its end."""
    def prepare(number, memory, orders):
        trainer, count, arrays = pickle.loads(orders)
        worker = Worker(trainer, number, count, memory, arrays)
        worker.optimizer.settle(worker.vectors)

        def find_gradient():
            own = worker.rows()
            worker.find_gradient(worker.x[own], tuple(one[:, own] for one in worker.noise))
        return {GRADIENT: find_gradient, MOVE: worker.move}
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # as in the loop
        carry_out(prepare)


def _end(members):
    OneThread.release()
    for member in members:
        member.end()


def _share(size, number, count, multiple=1):
    """The slice of `size` things that is the share of one of `count`."""
    start, stop = (size * place // count // multiple * multiple for place in (number, number + 1))
    return slice(start, size if number + 1 == count else stop)
