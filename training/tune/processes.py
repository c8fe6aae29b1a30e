"""Where this process stands among those that accelerate or torchrun started."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
from torch import distributed


@dataclass(frozen=True, slots=True)
class Place:
    """`rank` of `ranks` processes, and the device that it computes on."""

    rank: int
    ranks: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether it is the one that writes and shows."""
        return self.rank == 0


def place() -> Place:
    """From the environment that torchrun sets, and the devices that are there."""
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    rank, ranks = (int(os.environ.get(name, each)) for name, each in _VARIABLES)
    return Place(rank, ranks, device)


def agreed(yes: bool, device: torch.device) -> bool:
    """Whether the first process says yes; each must ask at the same point."""
    if not distributed.is_initialized():
        return yes
    said = torch.tensor([int(yes)], device=device)
    distributed.broadcast(said, 0)
    return bool(said.item())


_VARIABLES = (("RANK", "0"), ("WORLD_SIZE", "1"))
