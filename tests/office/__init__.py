"""The pages of the office, as somebody at a browser uses them."""
