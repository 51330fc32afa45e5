"""The pages of the office: sign in, watch, look up, compose, decide; made of the API's answers."""
