"""`python -m distro`: how the supervisor starts its parts, whatever the PATH says."""

from distro.cli.main import main

main()
