"""The notifier: tell the right people once.

In: `leeway.findings` (and the flow marks on it, which it records as seen). Out: one signed webhook, or one message of
another channel, for each receiver and each change worth telling; `leeway.alerts` says what was told, sent and parked.
Owns: alerts, deliveries, and which receivers are switched off.

Promises: an alert and its deliveries are stored before anything is sent, and marked after the receiver's yes; so
nothing is lost when the process dies, and what is repeated carries the same `webhook-id` and the same bytes. What
cannot be delivered is parked where an operator sees it, with the reason, and can be sent again.

The `webhook-id` (see `identity.py`) is made of what is told, not of numbers that this installation drew: the same
replay on the same home or on a new one gives the same ids.
"""
