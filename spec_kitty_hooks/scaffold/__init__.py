"""Makes and finalizes small missions in Spec Kitty's own format: the one room that writes planning artifacts."""
