"""What the flights and the hotels service share.

Read in this order: `sandboxes` (isolated worlds), `faults`, `idempotency`, `pipeline` (the way of
one request through all of them), `problems`, `app` and `server` (how a service is put together).
"""
