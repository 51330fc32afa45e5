"""From an installation to letters that can leave: compose, brand, sign, transport, preview."""
