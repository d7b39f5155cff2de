"""OpenCue's gRPC interfaces over the farm, and one of our own: translate, never decide.

`opencue` has a servicer per OpenCue interface, `cuelet` the service that says what OpenCue's
messages cannot, `spec` reads job specs; `front` decides who may call, `refusal` tells the others.
May import: the core, the engine, `opencue_proto`, of outline what the core may; `guard` the errors of the store,
`front` of `opencue` the question whose a connection is.
Add: an RPC to the servicer of its interface; a message's fields to `opencue.convert`.
"""
