"""Attention for training on CPUs: large bf16 matrix products instead of PyTorch's flash kernel.

On a CPU with AVX-512 bf16, `scaled_dot_product_attention` runs at a fifth of the speed of a matrix
product (see `docs/training.md`), so here scores are products over all query heads that share a
key head, and nothing is repeated for grouped queries. Queries go in pieces of `PIECE`, each against
the keys that can be visible to it and no more. Not causal by itself: the mask says what is visible.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface

NAME = "callsign"
"""What `attn_implementation` calls it."""
PIECE = 256
"""Queries at once: enough for the matrix product, few enough for scores to stay in the cache."""


_softmax_backward = torch.ops.aten._softmax_backward_data  # noqa: SLF001 - has no public name


class _Attention(torch.autograd.Function):
    """Shapes: `query` (batch, key heads, group, queries, size), `key` and `value` (batch, key
    heads, keys, size), `mask` (batch, 1, queries, queries), added to the scores of the last
    `queries` keys; the keys before them (the shared prefix) are visible to every query.
    """

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
        out = torch.empty_like(query)
        shares: list[Tensor] = []
        for start, end, last in _pieces(query, key):
            batch, heads, group, _, size = query.shape
            part = query[:, :, :, start:end].reshape(batch, heads, -1, size)
            scores = torch.matmul(part, key[:, :, :last].transpose(2, 3))
            view = scores.view(batch, heads, group, end - start, last)
            shown = last - end
            view[..., shown:] += mask[:, :, None, start:end, :end]
            share = scores.softmax(-1)
            out[:, :, :, start:end] = torch.matmul(share, value[:, :, :last]).view(
                batch, heads, group, end - start, size
            )
            shares.append(share)
        ctx.save_for_backward(query, key, value, *shares)
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        (grad,) = grads
        query, key, value, *shares = ctx.saved_tensors
        dq = torch.empty_like(query)
        dk, dv = torch.zeros_like(key), torch.zeros_like(value)
        batch, heads, group, _, size = query.shape
        for share, (start, end, last) in zip(shares, _pieces(query, key), strict=True):
            part = query[:, :, :, start:end].reshape(batch, heads, -1, size)
            above = grad[:, :, :, start:end].reshape(batch, heads, -1, size)
            dv[:, :, :last] += torch.matmul(share.transpose(2, 3), above)
            ds = torch.matmul(above, value[:, :, :last].transpose(2, 3))
            ds = _softmax_backward(ds, share, -1, share.dtype)
            dk[:, :, :last] += torch.matmul(ds.transpose(2, 3), part)
            dq[:, :, :, start:end] = torch.matmul(ds, key[:, :, :last]).view(
                batch, heads, group, end - start, size
            )
        return dq, dk, dv, None


def _pieces(query: Tensor, key: Tensor) -> list[tuple[int, int, int]]:
    """Queries from, up to, and how many keys can be visible to them."""
    queries, keys = query.shape[3], key.shape[2]
    ends = [min(start + PIECE, queries) for start in range(0, queries, PIECE)]
    return [(start, end, keys - queries + end)
            for start, end in zip(range(0, queries, PIECE), ends, strict=True)]  # fmt: skip


def attend(  # noqa: PLR0917 - as transformers calls it
    module: torch.nn.Module, query: Tensor, key: Tensor, value: Tensor,
    attention_mask: Tensor, scaling: float, **kwargs: Any,
) -> tuple[Tensor, None]:  # fmt: skip
    """`transformers`' attention interface. `query` (batch, heads, queries, size); `key`, `value`
    (batch, key heads, keys, size); `attention_mask` (batch, 1, queries, queries), additive.
    """
    del module, kwargs
    batch, heads, queries, size = query.shape
    # Under autocast, rotary embeddings leave queries and keys wider than values.
    scaled, key = (query * scaling).to(value.dtype), key.to(value.dtype)
    grouped = scaled.view(batch, key.shape[1], -1, queries, size)
    out = _Attention.apply(grouped, key, value, attention_mask)
    return out.view(batch, heads, queries, size).transpose(1, 2).contiguous(), None


AttentionInterface.register(NAME, attend)
