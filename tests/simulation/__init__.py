"""The farm on a clock and a machine that do not exist, everything derived from one seed.

The engine, the store (SQLite on a tmpfs) and the core are the real ones. The event loop, the
resident runner, its wire and its processes are simulated, so that every step is chosen and can be
repeated: ``python -m tests.simulation SEED`` prints the history of one seed.
"""
