"""The hotels API: stays, hotels, rates, bookings, cancellations.

`inventory`, `pricing`, `prose` and `ids` are pure and draw the world from its seed; `rows` is what
a sandbox remembers; `stays`, `bookings` and `cancellations` hold the rules; `api` is the HTTP.
"""
