"""What people name: how they write it, what it means, and what they may have meant instead.

May import: what `cuelet.client` may; of it `lookup` and `errors`.
Add: another way to name a frame to `targets`, its form to `spelling`, and to tests/property/test_targets.py.
"""
