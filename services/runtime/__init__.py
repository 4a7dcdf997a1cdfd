"""What every room stands on: settings, bus, database, outbox, marks, clocks, errors, logs, and the embedded stack.

Takes in: the environment (by `settings`), `leeway.yaml` (by `configuration`), a home folder (by `embedded`).
Gives out: a `RoomContext` for each room's `build_app`, and nothing that knows what a finding is.
Owns: the runtime's tables in each room's schema, and the embedded PostgreSQL and broker of a home.
Promises: nothing that was accepted is lost between two rooms; a part that dies is started again; every setting is
checked before anything starts; no secret is written to a log; no child outlives the process that started it.
"""
