"""What each of several training processes knows in, what all of them know out: rows, means and gradients.

`torchrun` starts one process, a rank, per device. Each computes its own rows of every batch; gradients are averaged
over the ranks, so that all take the same step, which is the step of one process with the whole batch.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Ranks:
    """One rank among `count`; alone, it does nothing. `device` is what the ranks send each other tensors from."""

    rank: int = 0
    count: int = 1
    device: torch.device = CPU

    @property
    def is_first(self) -> bool:
        """Whether this rank writes files and reports."""
        return self.rank == 0

    def rows(self, num_rows: int) -> slice:
        """Where this rank's `num_rows` stand among the rows of all ranks, which hold equally many."""
        return slice(self.rank * num_rows, (self.rank + 1) * num_rows)

    def mean(self, values: Tensor) -> Tensor:
        """Mean over the ranks, equal on all of them."""
        if self.count == 1:
            return values
        total = values.detach().clone()
        distributed.all_reduce(total)
        return total / self.count

    def gather(self, values: Tensor) -> Tensor:
        """The rows (n, ...) of each rank, one rank after the other: (count * n, ...)."""
        if self.count == 1:
            return values
        gathered = [torch.empty_like(values, memory_format=torch.contiguous_format) for _ in range(self.count)]
        distributed.all_gather(gathered, values.contiguous())
        return torch.cat(gathered)

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Put the mean gradient over the ranks into every parameter that has one; the same ones must on all ranks."""
        if self.count == 1:
            return
        learned = [parameter for parameter in parameters if parameter.grad is not None]
        for parameter in learned:
            if parameter.grad is not None and parameter.grad.is_sparse:
                parameter.grad = self._mean_of_sparse(parameter.grad)
        dense = [parameter.grad for parameter in learned if parameter.grad is not None and not parameter.grad.is_sparse]
        if dense:  # one message instead of hundreds
            mean = self.mean(torch.cat([gradient.flatten() for gradient in dense]))
            for gradient, piece in zip(dense, mean.split([gradient.numel() for gradient in dense]), strict=True):
                gradient.copy_(piece.view(gradient.shape))

    def agree(self, progress: float, stop: bool) -> tuple[float, bool]:
        """The first rank's progress, whose clock counts, and whether any rank wants to stop."""
        if self.count == 1:
            return progress, stop
        message = torch.tensor([progress if self.is_first else 0.0, float(stop)], dtype=torch.float64)
        message = message.to(self.device)
        distributed.all_reduce(message)
        agreed, num_stops = message.tolist()
        return agreed, num_stops > 0

    def _mean_of_sparse(self, gradient: Tensor) -> Tensor:
        """Only the rows that some rank has touched travel: a hundred thousand others cost nothing."""
        rows, values = self.gather(gradient._indices()[0]), self.gather(gradient._values())
        return torch.sparse_coo_tensor(rows[None], values / self.count, gradient.shape, check_invariants=False)


ALONE = Ranks()


@contextmanager
def join_ranks(device: str) -> Iterator[Ranks]:
    """Meet the other processes that torchrun has started, on "cpu" (gloo) or "cuda" (NCCL); alone without torchrun."""
    if "WORLD_SIZE" not in os.environ:
        yield Ranks(device=torch.device(device))
        return
    place = CPU
    if device == "cuda":
        place = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(place)
    distributed.init_process_group("nccl" if device == "cuda" else "gloo")
    try:
        yield Ranks(distributed.get_rank(), distributed.get_world_size(), place)
        distributed.barrier()  # who leaves first would cut off those who still read
    finally:
        distributed.destroy_process_group()
