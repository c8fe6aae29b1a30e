"""LoRA's linear layers with a backward pass of their own, for CPUs.

y = x W' + s (x A') B'. peft's forward casts the whole input to the adapter's type and lets autograd
keep several copies of it; here `x` is kept once, the adapter's part is added in place, and the
weights' master copies stay float32 whatever the model computes in. The function and its gradient
are peft's, without dropout.
"""

from __future__ import annotations

from types import MethodType
from typing import Any

import torch
from peft.tuners.lora import Linear
from torch import Tensor

from tools.errors import TrainingError


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(  # noqa: PLR0917 - autograd passes them so
        ctx: Any, x: Tensor, weight: Tensor, a: Tensor, b: Tensor, scale: float
    ) -> Tensor:
        flat = x.reshape(-1, x.shape[-1])
        down = a.to(x.dtype)
        up = (b * scale).to(x.dtype)
        out = torch.mm(flat, weight.t())
        out.addmm_(torch.mm(flat, down.t()), up.t())
        ctx.save_for_backward(flat, weight, down, up)
        ctx.scale, ctx.shape = scale, x.shape
        return out.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, None, Tensor, Tensor, None]:
        flat, weight, down, up = ctx.saved_tensors
        grad = grads[0].reshape(-1, weight.shape[0])
        inner = torch.mm(grad, up)
        da = torch.mm(inner.t(), flat).float()
        db = torch.mm(grad.t(), torch.mm(flat, down.t())).float().mul_(ctx.scale)
        dx = None
        if ctx.needs_input_grad[0]:
            dx = torch.mm(grad, weight).addmm_(inner, down).view(ctx.shape)
        return dx, None, da, db, None


def quicken(model: torch.nn.Module) -> int:
    """Give every LoRA layer of a model the forward pass above; how many there were.

    Raises `TrainingError` where a layer has what it does not do: a bias, dropout, DoRA, several
    adapters.
    """
    layers = [module for module in model.modules() if isinstance(module, Linear)]
    for layer in layers:
        plain = getattr(layer.base_layer, "bias", None) is None and not any(layer.use_dora.values())
        dropout = any(isinstance(one, torch.nn.Dropout) for one in layer.lora_dropout.values())
        if not plain or dropout or len(layer.lora_A) != 1:
            raise TrainingError("only plain LoRA layers without bias and dropout can be quickened")
        layer.forward = MethodType(_forward, layer)
    return len(layers)


def _forward(self: Linear, x: Tensor) -> Tensor:
    (name,) = self.active_adapters
    return _Linear.apply(
        x,
        self.base_layer.weight,
        self.lora_A[name].weight,
        self.lora_B[name].weight,
        self.scaling[name],
    )
