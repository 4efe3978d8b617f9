"""`python -m regintel`."""

from regintel.cli import main

if __name__ == "__main__":
    main()
