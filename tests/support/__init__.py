"""Deterministic builders of real repositories and missions for the tests.

They follow the formats of the released Spec Kitty client (MIT) and import nothing from the product, so that a bug in
the product's own reader or writer cannot hide itself.
"""
