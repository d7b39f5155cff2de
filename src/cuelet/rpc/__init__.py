"""OpenCue's gRPC interfaces over the farm, and one of our own: translate, never decide.

`opencue` has a servicer per OpenCue interface, `cuelet` the service that says what OpenCue's
messages cannot, `spec` reads job specs; `guard` and `peers` decide who may call.
May import: the core, the engine, `opencue_proto`, of outline what the core may; `guard` the errors of the store.
Add: an RPC to the servicer of its interface; a message's fields to `opencue.convert`.
"""
