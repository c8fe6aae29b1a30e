"""Money: decimal strings with an ISO 4217 code, kept as whole euro cents inside.

The rates are fixed, so that a price is the same on every day and machine.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

# code: (units of it for one euro, decimal places)
CURRENCIES: dict[str, tuple[Decimal, int]] = {
    "EUR": (Decimal(1), 2),
    "AED": (Decimal("4.01"), 2),
    "AUD": (Decimal("1.68"), 2),
    "BRL": (Decimal("6.15"), 2),
    "CAD": (Decimal("1.51"), 2),
    "CHF": (Decimal("0.95"), 2),
    "CNY": (Decimal("7.85"), 2),
    "CZK": (Decimal("24.90"), 2),
    "DKK": (Decimal("7.46"), 2),
    "GBP": (Decimal("0.86"), 2),
    "HKD": (Decimal("8.52"), 2),
    "HUF": (Decimal("402"), 0),
    "INR": (Decimal("93.50"), 2),
    "JPY": (Decimal("163"), 0),
    "KRW": (Decimal("1490"), 0),
    "MXN": (Decimal("20.30"), 2),
    "NOK": (Decimal("11.70"), 2),
    "NZD": (Decimal("1.84"), 2),
    "PLN": (Decimal("4.28"), 2),
    "SAR": (Decimal("4.10"), 2),
    "SEK": (Decimal("11.25"), 2),
    "SGD": (Decimal("1.45"), 2),
    "THB": (Decimal("37.60"), 2),
    "TRY": (Decimal("41.20"), 2),
    "USD": (Decimal("1.09"), 2),
    "ZAR": (Decimal("19.90"), 2),
}


def _known(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError(f"choose one of {', '.join(CURRENCIES)}")
    return code


Currency = Annotated[
    str,
    AfterValidator(_known),
    Field(
        description="ISO 4217 code of all prices.",
        json_schema_extra={
            "enum": list(CURRENCIES),
            "x-kind": "currency",
            "x-source": ["user", "default"],
        },
    ),
]


class Money(BaseModel):
    """An amount of money."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"amount": "412.30", "currency": "EUR"}}
    )

    amount: Annotated[str, Field(description="Decimal number as text.", pattern=r"^\d+(\.\d+)?$")]
    currency: Annotated[
        str,
        Field(
            description="ISO 4217 code.",
            pattern=r"^[A-Z]{3}$",
            json_schema_extra={"x-kind": "currency"},
        ),
    ]


def in_currency(cents: int, currency: str) -> Decimal:
    """Euro cents as an amount in `currency`, rounded to its smallest unit."""
    rate, places = CURRENCIES[currency]
    return (Decimal(cents) / 100 * rate).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def money(cents: int, currency: str) -> Money:
    """Euro cents as `Money` in `currency`."""
    return Money(amount=str(in_currency(cents, currency)), currency=currency)
