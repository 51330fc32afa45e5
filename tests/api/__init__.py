"""The API, asked as a program on somebody's laptop asks it."""
