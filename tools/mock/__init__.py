"""The mock flights and hotels APIs. Reached over HTTP only; nothing imports them."""
