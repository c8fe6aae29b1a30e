"""Approvals: what a person is asked before a write runs, bound by a digest."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import jsonpointer
import orjson

from agent.events import ApprovalRequested, Money
from tools.spec import ToolSpec

_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class Quoted:
    """A write and the object that it buys or cancels, as the API showed it last."""

    call_id: str
    tool: ToolSpec
    arguments: Mapping[str, Any]
    subject: Mapping[str, Any] | None = None

    @property
    def total(self) -> Money | None:
        """What the write costs (or refunds), None where nothing readable says so."""
        value = self._at(self.tool.approval.total) if self.tool.approval else None
        match value:
            case {"amount": str(amount), "currency": str(currency)} if _AMOUNT.fullmatch(amount):
                return Money(amount, currency)
            case _:
                return None

    @property
    def refunds(self) -> bool:
        """Whether its total is money that comes back."""
        spec = self.tool.approval
        rule = self.tool.rule_at(spec.entity_argument) if spec else None
        return rule is not None and (rule.entity or "").endswith("_cancellation")

    @property
    def expires_at(self) -> str | None:
        """Until when the price stands (RFC 3339)."""
        spec = self.tool.approval
        value = self._at(spec.expires_at) if spec and spec.expires_at else None
        return value if isinstance(value, str) and _is_moment(value) else None

    @property
    def terms(self) -> dict[str, Any]:
        """Conditions by label, as the API gives them."""
        spec = self.tool.approval
        found = {label: self._at(at) for label, at in spec.terms.items()} if spec else {}
        return {label: value for label, value in found.items() if value is not None}

    def _at(self, pointer: str) -> Any:
        return jsonpointer.resolve_pointer(dict(self.subject or {}), pointer, None)


def approval_request(approval_id: str, writes: Sequence[Quoted], summary: str) -> ApprovalRequested:
    """The question to a person about writes that run in this order, under one decision."""
    totals, refunds = amounts(writes)
    expiries = [write.expires_at for write in writes if write.expires_at]
    expires_at = min(expiries, key=datetime.fromisoformat, default=None)
    return ApprovalRequested(
        approval_id=approval_id,
        digest=digest(writes, (*totals, *refunds), expires_at),
        call_ids=tuple(write.call_id for write in writes),
        summary=summary,
        total=totals[0] if len(totals) == 1 else None,
        totals=totals,
        terms={name: value for write in writes for name, value in write.terms.items()},
        expires_at=expires_at,
    )


def amounts(writes: Sequence[Quoted]) -> tuple[tuple[Money, ...], tuple[Money, ...]]:
    """What is to be approved, by currency, and what comes back beside it.

    Where nothing but refunds is approved, they are what is to be approved.
    """
    paid = [write.total for write in writes if write.total and not write.refunds]
    back = [write.total for write in writes if write.total and write.refunds]
    return (sum_by_currency(paid), sum_by_currency(back)) if paid else (sum_by_currency(back), ())


def digest(writes: Sequence[Quoted], totals: Sequence[Money], expires_at: str | None) -> str:
    """SHA-256 over the exact calls, totals and expiry: change any of them and it is another."""
    calls = [[write.call_id, write.tool.name, write.arguments] for write in writes]
    bound = [calls, [[total.amount, total.currency] for total in totals], expires_at]
    return hashlib.sha256(orjson.dumps(bound, option=orjson.OPT_SORT_KEYS)).hexdigest()


def sum_by_currency(amounts: Sequence[Money]) -> tuple[Money, ...]:
    """One sum for each currency, in the order of first appearance.

    Raises `decimal.InvalidOperation` for an amount that is no number.
    """
    sums: dict[str, Decimal] = {}
    for money in amounts:
        sums[money.currency] = sums.get(money.currency, Decimal(0)) + Decimal(money.amount)
    return tuple(Money(str(amount), currency) for currency, amount in sums.items())


def _is_moment(text: str) -> bool:
    """Whether a text is a point in time with its offset, as RFC 3339 writes one."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
