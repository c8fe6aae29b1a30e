from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.approval import Quoted, approval_request, digest, sum_by_currency
from agent.events import Money
from tests.agent.booking import tool
from tools.spec import ApprovalSpec, ValueRule

BUY = tool(
    "buy",
    {"item_id": {"type": "string"}},
    ["item_id"],
    effect="write",
    approval=ApprovalSpec(
        "/item_id", None, "/price/total", "/until", {"refundable": "/conditions/refundable"}
    ),
)
CANCEL = tool(
    "cancel",
    {"cancellation_id": {"type": "string"}},
    ["cancellation_id"],
    effect="write",
    rules={
        "/cancellation_id": ValueRule("entity", frozenset({"result"}), entity="item_cancellation")
    },
    approval=ApprovalSpec("/cancellation_id", None, "/refund", None, {}),
)
ITEM: dict[str, Any] = {
    "item_id": "it_a",
    "price": {"total": {"amount": "10.10", "currency": "EUR"}},
    "until": "2026-11-22T09:30:00+00:00",
    "conditions": {"refundable": False},
}


def quoted(call_id: str = "c1", item: str = "it_a", **changes: Any) -> Quoted:
    return Quoted(call_id, BUY, {"item_id": item}, {**ITEM, **changes})


def costing(amount: str, currency: str = "EUR") -> Any:
    return {"total": {"amount": amount, "currency": currency}}


class TestQuoted:
    def test_reads_total_expiry_and_terms_where_the_document_points(self) -> None:
        write = quoted()
        assert write.total == Money("10.10", "EUR")
        assert write.expires_at == ITEM["until"]
        assert write.terms == {"refundable": False}

    def test_of_nothing_known_has_nothing_to_say(self) -> None:
        for subject in (None, {}, {"price": "10", "until": 5, "conditions": [1]}):
            write = Quoted("c1", BUY, {}, subject)
            assert (write.total, write.expires_at, write.terms) == (None, None, {})

    @pytest.mark.parametrize("amount", ["", "ten", "-1", "+1", "1e3", "NaN", "1,5", " 1", "٣", 10])
    def test_takes_plain_decimals_only(self, amount: Any) -> None:
        assert quoted(price=costing(amount)).total is None

    @pytest.mark.parametrize("until", ["soon", "2026-11-22T09:30:00", "2026-11-22", 5, None])
    def test_takes_moments_with_their_offset_only(self, until: Any) -> None:
        assert quoted(until=until).expires_at is None


class TestRequest:
    def test_sums_one_currency_and_names_no_single_total_of_two(self) -> None:
        euros = approval_request("a1", [quoted(), quoted("c2", price=costing("0.90"))], "")
        assert (euros.total, euros.totals) == (Money("11.00", "EUR"), (Money("11.00", "EUR"),))
        mixed = approval_request("a1", [quoted(), quoted("c2", price=costing("5", "USD"))], "")
        assert mixed.total is None
        assert mixed.totals == (Money("10.10", "EUR"), Money("5", "USD"))

    def test_a_refund_is_no_part_of_what_is_paid(self) -> None:
        refund = {"refund": {"amount": "4.00", "currency": "EUR"}}
        cancel = Quoted("c2", CANCEL, {"cancellation_id": "ic_a"}, refund)
        alone = approval_request("a1", [cancel], "")
        assert alone.total == Money("4.00", "EUR")
        both = approval_request("a1", [quoted(), cancel], "")
        assert both.totals == (Money("10.10", "EUR"),)
        # It is approved all the same: another refund is another question.
        dearer = Quoted(
            "c2", CANCEL, {"cancellation_id": "ic_a"}, {"refund": costing("4")["total"]}
        )
        assert both.digest != approval_request("a1", [quoted(), dearer], "").digest

    def test_expires_with_the_first_of_its_writes(self) -> None:
        later, sooner = "2026-11-22T10:00:00+00:00", "2026-11-22T10:30:00+02:00"
        request = approval_request("a1", [quoted(until=later), quoted("c2", until=sooner)], "")
        assert request.expires_at == sooner

    def test_keeps_the_order_in_which_its_writes_run(self) -> None:
        assert approval_request("a1", [quoted("c2"), quoted("c1")], "").call_ids == ("c2", "c1")


class TestDigest:
    TOTALS = (Money("10.10", "EUR"),)

    def test_binds_calls_arguments_total_and_expiry(self) -> None:
        asked = [
            digest([quoted()], self.TOTALS, None),
            digest([quoted("c2")], self.TOTALS, None),
            digest([quoted(item="it_b")], self.TOTALS, None),
            digest([quoted(), quoted("c2")], self.TOTALS, None),
            digest([quoted("c2"), quoted()], self.TOTALS, None),
            digest([quoted()], (Money("10.11", "EUR"),), None),
            digest([quoted()], (Money("10.10", "USD"),), None),
            digest([quoted()], self.TOTALS, "2026-11-22T09:30:00+00:00"),
        ]
        assert len(set(asked)) == len(asked)

    def test_is_the_same_whatever_the_order_of_the_keys(self) -> None:
        one = Quoted("c1", BUY, {"a": 1, "b": {"c": 2, "d": 3}})
        other = Quoted("c1", BUY, {"b": {"d": 3, "c": 2}, "a": 1})
        assert digest([one], (), None) == digest([other], (), None)


@given(st.lists(st.decimals(0, 10**6, places=2)))
def test_sums_are_exact(amounts: list[Decimal]) -> None:
    totals = sum_by_currency([Money(str(amount), "EUR") for amount in amounts])
    assert [Decimal(total.amount) for total in totals] == ([sum(amounts)] if amounts else [])
