"""The loss of a step and its gradient: the shared opening goes through the model once.

With L the summed, weighted cross-entropy of the learnt tokens, dL/dθ has a part through the rows
and a part through the opening's keys and values. Each chunk is computed against a detached copy of
those and leaves its gradient on them; at the end that goes back through the opening. The result
is the gradient of whole rows, for the memory of one chunk and one opening.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import DynamicCache

from training.tune.lanes import Lanes
from training.tune.plan import Group, Step
from training.tune.tensors import Tensors, lay_out

Pairs = list[tuple[Tensor, Tensor]]
Backward = Callable[[Tensor], None]
Quiet = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Way:
    """How a model is called.

    `autocast`: weights are float32 and products are computed in `dtype`; else weights are of it.
    `prefix_in_mask`: whether a mask must name the keys of a shared opening (as PyTorch's attention
    wants it) or begins after them (`training.tune.attention`).
    """

    dtype: torch.dtype
    device: torch.device
    autocast: bool = False
    prefix_in_mask: bool = True


class ActLoss:
    """A causal language model with the weighted loss of acts on top."""

    def __init__(self, model: Any, way: Way) -> None:
        """`model` is a causal language model of transformers, with or without peft around it."""
        causal = model.get_base_model() if hasattr(model, "get_base_model") else model
        self._parts = (causal.model, causal.lm_head)
        self.way = way

    def trained(self) -> list[Tensor]:
        """The parameters that are trained, each once."""
        found = [one for part in self._parts for one in part.parameters() if one.requires_grad]
        return list(dict.fromkeys(found))

    def __call__(self, tensors: Tensors, opening: Pairs | None = None) -> Tensor:
        """The summed loss of a chunk; `opening` are keys and values (1, heads, keys, size)."""
        backbone, head = self._parts
        cache, length = None, 0
        if opening is not None:
            count, length = tensors.ids.shape[0], opening[0][0].shape[2]
            cache = DynamicCache()
            for layer, (keys, values) in enumerate(opening):
                shape = (count, -1, -1, -1)
                cast("Any", cache).update(keys.expand(shape), values.expand(shape), layer)
        with self._precision():
            hidden = backbone(
                input_ids=tensors.ids,
                position_ids=tensors.positions,
                attention_mask=self._mask(tensors.visible, length),
                use_cache=cache is not None,
                **({"cache": cache} if cache is not None else {}),
            ).last_hidden_state
            chosen = hidden.flatten(0, 1).index_select(0, tensors.learners)
            logits = head(chosen).float()
        losses = cross_entropy(logits, tensors.targets, reduction="none")
        return (losses * tensors.weights).sum()

    def read(self, opening: tuple[int, ...]) -> Pairs:
        """Keys and values of an opening, by layer."""
        ids = torch.tensor([opening], device=self.way.device)
        size = ids.shape[1]
        causal = torch.ones(1, size, size, dtype=torch.bool, device=self.way.device).tril_()
        cache = DynamicCache()
        backbone = self._parts[0]
        mask = self._mask(causal, 0)
        with self._precision():
            backbone(input_ids=ids, attention_mask=mask, use_cache=True, cache=cache)
        return [(layer.keys, layer.values) for layer in cast("Any", cache.layers)]

    def _precision(self) -> AbstractContextManager[Any]:
        kind = self.way.device.type
        return torch.autocast(kind, self.way.dtype) if self.way.autocast else nullcontext()

    def _mask(self, visible: Tensor, before: int) -> Tensor:
        """Additive, (rows, 1, queries, keys)."""
        if before and self.way.prefix_in_mask:
            visible = torch.nn.functional.pad(visible, (before, 0), value=True)
        mask = torch.zeros(visible.shape, dtype=self.way.dtype, device=visible.device)
        return mask.masked_fill_(~visible, torch.finfo(mask.dtype).min)[:, None]


@dataclass(frozen=True, slots=True)
class Descent:
    """How gradients come about.

    `module` is what is called for a loss: `inner`, or the wrapped model of several processes whose
    forward pass it is. `backward` runs a backward pass; all but the last of a step run under
    `quiet`, in which gradients are not exchanged between processes. Where there are `lanes`, they
    compute the chunks of a shared opening side by side.
    """

    inner: ActLoss
    module: Callable[[Tensors], Tensor]
    backward: Backward
    quiet: Quiet = nullcontext
    lanes: Lanes | None = None

    def step(self, step: Step) -> Tensor:
        """Add the gradient of a step to the parameters; its loss, detached."""
        total = torch.zeros((), device=self.inner.way.device)
        for number, group in enumerate(step.groups, 1):
            if group.shared:
                total += self._shared(group, step.norm)
            else:
                total += self._apart(group, step.norm, last=number == len(step.groups))
        return total

    def _shared(self, group: Group, norm: float) -> Tensor:
        made = self.inner.read(group.opening)
        copies = [(keys.detach(), values.detach()) for keys, values in made]
        leaves = [one.requires_grad_() for pair in copies for one in pair]
        total = self._chunks(group, norm, copies, leaves)
        ends = [one for pair in made for one in pair]
        # Without trained weights before them (an adapter elsewhere) keys and values are constants.
        used = [(one, leaf.grad) for one, leaf in zip(ends, leaves, strict=True)
                if one.requires_grad]  # fmt: skip
        if used:
            torch.autograd.backward([one for one, _ in used], [grad for _, grad in used])
        return total

    def _chunks(self, group: Group, norm: float, copies: Pairs, leaves: list[Tensor]) -> Tensor:
        total = torch.zeros((), device=self.inner.way.device)
        every = laid_out(group, self.inner.way.device)
        if self.lanes is None:
            for tensors in every:
                loss = self.inner(tensors, copies) / norm
                self.backward(loss)
                total += loss.detach()
            return total
        into = [*self.inner.trained(), *leaves]
        makers = [partial(self._loss, tensors, copies, norm) for tensors in every]
        for loss, gradients in self.lanes.gradients(makers, into):
            total += loss
            for leaf, gradient in zip(into, gradients, strict=True):
                if gradient is not None:
                    leaf.grad = gradient if leaf.grad is None else leaf.grad.add_(gradient)
        return total

    def _loss(self, tensors: Tensors, opening: Pairs, norm: float) -> Tensor:
        return self.inner(tensors, opening) / norm

    def _apart(self, group: Group, norm: float, *, last: bool) -> Tensor:
        total = torch.zeros((), device=self.inner.way.device)
        for number, tensors in enumerate(laid_out(group, self.inner.way.device), 1):
            final = last and number == len(group.chunks)
            with nullcontext() if final else self.quiet():
                loss = self.module(tensors) / norm
                self.backward(loss)
            total += loss.detach()
        return total


def summed(inner: ActLoss, step: Step) -> tuple[float, float]:
    """Loss and weight of a step, summed, without gradients."""
    total = 0.0
    with torch.no_grad():
        for group in step.groups:
            opening = inner.read(group.opening) if group.shared else None
            for tensors in laid_out(group, inner.way.device):
                total += float(inner(tensors, opening))
    return total, sum(tree.weight for tree in step.trees)


def laid_out(group: Group, device: torch.device) -> Iterable[Tensors]:
    """The chunks of a group as tensors on a device."""
    # The longest first: what is begun last then ends soon.
    for chunk in reversed(group.chunks):
        yield lay_out(chunk, group.opening, shared=group.shared).to(device)
