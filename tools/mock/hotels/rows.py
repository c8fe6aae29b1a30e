"""What a sandbox remembers about hotels: searches, re-quoted rates, rooms taken, bookings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from tools.mock.core.database import Base, InSandbox
from tools.mock.hotels.pricing import Stay


class SearchRow(InSandbox, Base):
    """A stay that was searched for. Its rates were all quoted at `quoted_at`."""

    __tablename__ = "hotel_search"

    mark: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    city_code: Mapped[str]
    check_in: Mapped[date]
    check_out: Mapped[date]
    adults: Mapped[int]
    children: Mapped[int]
    rooms: Mapped[int]
    currency: Mapped[str]
    quoted_at: Mapped[datetime]

    def stay(self) -> Stay:
        """What was asked for."""
        return Stay(
            self.city_code,
            self.check_in,
            self.check_out,
            self.adults,
            self.children,
            self.rooms,
            self.currency,
        )


class RateRow(InSandbox, Base):
    """A rate with a history of its own: quoted again, or marked up or expired by a fault."""

    __tablename__ = "hotel_rate"

    rate_id: Mapped[str] = mapped_column(primary_key=True)
    search: Mapped[int] = mapped_column(BigInteger, index=True)
    quoted_at: Mapped[datetime]
    quoted_markups: Mapped[int]
    markups: Mapped[int]
    expired_at: Mapped[datetime | None]


class TakenRow(InSandbox, Base):
    """Rooms that somebody has for some nights. `taken_by` is a booking id, or a fault's mark."""

    __tablename__ = "hotel_taken"

    taken_by: Mapped[str] = mapped_column(primary_key=True)
    city_code: Mapped[str]
    hotel_id: Mapped[str]
    room: Mapped[str]
    check_in: Mapped[date]
    check_out: Mapped[date]
    rooms: Mapped[int]


class BookingRow(InSandbox, Base):
    """A booking. `document` is what the API answers about it, but for `status`."""

    __tablename__ = "hotel_booking"

    booking_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    status: Mapped[str]
    idempotency_key: Mapped[str]
    city_code: Mapped[str]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)


class CancellationRow(InSandbox, Base):
    """A cancellation quote; `confirmed_at` is set once it was confirmed."""

    __tablename__ = "hotel_cancellation"

    cancellation_id: Mapped[str] = mapped_column(primary_key=True)
    booking_id: Mapped[str] = mapped_column(index=True)
    number: Mapped[int]
    refund: Mapped[dict[str, str]] = mapped_column(JSON)
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
