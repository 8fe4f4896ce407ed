"""`python -m onemap` does what `onemap` does."""

from onemap.cli.app import main

if __name__ == "__main__":
    main()
