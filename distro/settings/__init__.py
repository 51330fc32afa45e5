"""`distro.toml` and the DISTRO_* variables: each setting with its type, default and meaning."""
