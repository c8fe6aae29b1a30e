"""The flights API: places, offers, orders, cancellations."""
