"""What is written to stderr: a line for the user, and tracebacks without our own lines.

May import: nothing of ours.
Add: another form of text for the user's terminal as a module.
"""
