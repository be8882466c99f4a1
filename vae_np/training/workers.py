"""A step of Algorithm 1, shared out among processes: each takes a part of the minibatch.

The bound of a minibatch is a mean over its examples, so its gradient is the weighted mean of the
gradients of its parts. Each process works out the gradient of one part of the minibatch. Then each
adds up all of these gradients for its own part of the parameters, and moves those. No array is
sent: the parameters, the optimiser's moments, the minibatch and the gradients lie in memory that
all the processes see, and a byte through a pipe says when they are there.

Why processes: BLAS shares a product of matrices among all cores, but NumPy does everything else on
one. Threads could share that out as well, if they did not share the interpreter's lock. A step
calls NumPy two hundred times, and a call that finds the lock taken waits longer than it works.
"""
import os
import pickle
import weakref
from contextlib import contextmanager, suppress

import numpy as np

from ..backend import CACHE_LINE, empty_vector, namespace
from ..blocks import OneThread, blas_libraries
from ..models.base import named
from ..optim import Optimizer
from ..params import Params
from .processes import Member, WorkerError, carry_out
from .shared_memory import mapped, new_memory

FIND, MOVE = b"f", b"m"  # the orders
ROWS, KL_WEIGHT, RATE, STEPS, SLOTS = range(5)  # what stands where in a team's `numbers`


def check_workers(trainer):
    """Raises ValueError where other processes cannot share in the steps of a VAETrainer."""
    model, optimizer = trainer.model, trainer.optimizers.get("")
    why = _reason(trainer, model, optimizer)
    if why:
        raise ValueError(f"workers = {trainer.workers} {why}"
                         f"{'' if why.endswith('or') else ':'} leave it at 1")


def _reason(trainer, model, optimizer):
    """Why not, in words; None where they can."""
    if os.name != "posix":
        return "takes Linux or macOS"
    if namespace(model.params.vector) is not np:
        return "shares a minibatch out on the CPU, and the model is on a GPU"
    if optimizer is None or optimizer.params is not model.params:
        return "takes one optimiser, made on model.params"
    if type(optimizer).ascend is not Optimizer.ascend:
        return f"cannot share out what the ascend of {type(optimizer).__name__} does"
    for one in (model, optimizer):
        if type(one).__module__ == "__main__":
            return (f"cannot find the class {type(one).__name__} from another process, since it "
                    "stands in the script or notebook itself: put it into a file of its own and "
                    "import it, or")
    try:
        pickle.dumps(trainer)
    except Exception as error:  # each class has its own ways to refuse
        return f"cannot send {named(model)} to another process ({error})"
    if blas_libraries()[0] is None:
        return "takes threadpoolctl, which is not installed: pip install threadpoolctl, or"
    return None


class Worker:
    """What one process does in a step, for its share of the work.

    number: its place among `count`. memory: the file that they share, a descriptor. arrays: what
    lies in it, (shape, dtype) each: the value of each process's rows, the numbers of a step, a
    slot for each one's gradient, x, what a step changes (parameters, then moments), the noise.
    """

    def __init__(self, trainer, number, count, memory, arrays):
        self.trainer, self.number, self.count = trainer, number, count
        self.optimizer, = trainer.optimizers.values()
        changed = len(self.optimizer.vectors())
        self.values, self.numbers, self.slots, self.x, *others = mapped(memory, arrays)
        self.vectors, self.noise = others[:changed], others[changed:]
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
        self.optimizer.lr = float(self.numbers[RATE])
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
        self._home, self._members, self._held = optimizer.vectors(), [], []
        self._settled = self.in_step = False
        arrays = [((count,), np.dtype(float)), ((5,), np.dtype(float)),
                  ((count, len(self._home[0])), self._home[0].dtype),
                  *((one.shape, one.dtype) for one in (x, *self._home, *noise))]
        orders = pickle.dumps((trainer, count, arrays))
        self._at_exit = weakref.finalize(self, _end, self._members, self._held)
        try:
            OneThread.hold()
            self._held.append(OneThread)
            with new_memory(arrays) as memory:
                for number in range(1, count):
                    self._members.append(Member(number, memory.fileno(), serve))
                super().__init__(trainer, 0, count, memory.fileno(), arrays)
            for member in self._members:
                member.give(orders)
            for place, vector in zip(self.vectors, self._home, strict=True):
                place[...] = vector
            self.grads = _Slots(self)
            self._hear()
            self._settled = True
            optimizer.settle(self.vectors)
        except BaseException:
            self.close()
            raise

    def can_take(self, x, noise):
        """Whether a minibatch and its noise have room, and no step was broken off halfway."""
        def kind(arrays):
            return [(len(one), one.shape[2:], one.dtype) for one in arrays]
        return (self.in_step and len(x) <= len(self.x) and kind(noise) == kind(self.noise)
                and (x.shape[1:], x.dtype) == (self.x.shape[1:], self.x.dtype))

    def bound_and_grad(self, x, noise, kl_weight):
        """The trainer's `bound_and_grad` of a whole minibatch, together."""
        self.numbers[ROWS], self.numbers[KL_WEIGHT] = len(x), kl_weight
        self.numbers[SLOTS] = self.count
        own = self.rows()
        others = slice(own.stop, len(x))  # whose rows must lie in the memory
        self.x[others] = x[others]
        for place, one in zip(self.noise, noise, strict=True):
            place[:, others] = one[:, others]
        with self._ordered(FIND):
            self.find_gradient(x[own], tuple(one[:, own] for one in noise))
        return float(self.values.mean()), self.grads

    def ascend(self):
        """One step of the optimiser along the gradient that was found last, together."""
        self.numbers[[RATE, STEPS]] = self.optimizer.lr, self.optimizer.steps + 1
        try:
            with self._ordered(MOVE):
                self.move()
        except WorkerError as error:
            raise WorkerError(f"{error}; it was to move its part of the parameters, and the other "
                              "parts have moved") from None

    def add_up(self):
        """Puts the whole gradient into the first slot, for whoever wants to see or change it."""
        for start in range(0, self.slots.shape[1], len(self._room)):
            part = slice(start, start + len(self._room))
            self.slots[0, part] = self.total(part)
        self.numbers[SLOTS] = 1

    def close(self):
        """Ends the other processes. Everything lies where it lay before the team, as it is now.

        Where that is interrupted, another call goes on with it.
        """
        try:
            _end(self._members, self._held)
            self._at_exit.detach()
        finally:
            if self._settled:
                self.add_up()  # for who still has the gradient
                for place, vector in zip(self._home, self.vectors, strict=True):
                    place[...] = vector
                self.optimizer.settle(self._home)
                self._settled = False
            self.in_step, self.grads = False, None

    @contextmanager
    def _ordered(self, order):
        """Within, the others carry out an order; at the end they have."""
        self.in_step = False
        for member in self._members:
            member.tell(order)
        try:
            yield
        except BaseException:
            with suppress(WorkerError):  # what went wrong here is told, not what they say of it
                self._hear()
            raise
        self._hear()

    def _hear(self):
        for member in self._members:
            member.hear()
        self.in_step = True  # each answer belongs to the order before it


class _Slots(Params):
    """The gradient of a team's step, until the next one. It is added up only when somebody looks
    at it.
    """

    def __init__(self, team):
        super().__init__(team.optimizer.params.layout, team.slots[0])
        self._team = weakref.ref(team)  # which has this one

    @property
    def vector(self):
        self._add_up()
        return self._vector

    def __getitem__(self, name):
        self._add_up()
        return super().__getitem__(name)

    def _add_up(self):
        team = self._team()
        if team and team.grads is self:
            team.add_up()


def serve():
    """What another process of the team does, from its start to its end."""
    def prepare(number, memory, orders):
        trainer, count, arrays = pickle.loads(orders)
        worker = Worker(trainer, number, count, memory, arrays)
        worker.optimizer.settle(worker.vectors)

        def find_gradient():
            own = worker.rows()
            worker.find_gradient(worker.x[own], tuple(one[:, own] for one in worker.noise))
        return {FIND: find_gradient, MOVE: worker.move}
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # as in the loop
        carry_out(prepare)


def _end(members, held):
    """Ends the members, and lets go of what is held; what is done is taken from the lists."""
    while held:
        held.pop().release()
    for member in members:
        member.stop()
    while members:
        members[-1].end()
        members.pop()


def _share(size, number, count, multiple=1):
    """The slice of `size` things that is the share of one of `count`."""
    start, stop = (size * place // count // multiple * multiple for place in (number, number + 1))
    return slice(start, size if number + 1 == count else stop)
